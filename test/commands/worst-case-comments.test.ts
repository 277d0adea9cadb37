import { expect, test } from 'vitest'
import { parseCommands } from '../../src/commands/parse-commands.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import { openWorkMeter } from './support/work-meter.ts'
import { worstCaseComments } from './support/worst-case-comments.ts'

/** Blocks of code run for each character of the comment. */
const MOST = 200

test('no comment causes unbounded work before GitHub has its answer', async () => {
  const length = repetitions(8_192, 65_536)
  const comments = worstCaseComments(length)
  parseCommands('[a](b)\n/andon retry')
  const meter = await openWorkMeter()
  let worst = { name: '', work: 0 }
  let unread = 0
  const dear: object[] = []
  for (const [name, body] of comments) {
    let found: ReturnType<typeof parseCommands> = []
    const work = await meter.workOf(() => {
      found = parseCommands(body)
    })
    const each = work / length
    if (each > worst.work) worst = { name, work: each }
    if (each > MOST) dear.push({ name, each })
    if (found.some(({ verb, text }) => verb === null && text === '/andon retry')) unread += 1
  }
  meter.close()
  recordMeasurements('hostile-comments', {
    faults: comments.length,
    wrong: dear.length,
    characters: length,
    'not read, and told so': unread,
    'most blocks run a character': `${Math.round(worst.work)} (${worst.name})`,
  })
  expect(dear).toEqual([])
}, 120_000)
