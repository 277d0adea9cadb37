import { expect, test } from 'vitest'
import { parse } from '../../src/commands/parse-commands.ts'
import { howMany, record } from '../support/measurements.ts'
import { openMeter } from './support/work-meter.ts'
import { hostile } from './support/worst-case-comments.ts'

/** Blocks of code run for each character of the comment. */
const MOST = 200

test('no comment makes us work without bound before GitHub has its answer', async () => {
  const length = howMany(8_192, 65_536)
  const comments = hostile(length)
  parse('[a](b)\n/andon retry')
  const meter = await openMeter()
  let worst = { name: '', work: 0 }
  let unread = 0
  const dear: object[] = []
  for (const [name, body] of comments) {
    let found: ReturnType<typeof parse> = []
    const work = await meter.workOf(() => {
      found = parse(body)
    })
    const each = work / length
    if (each > worst.work) worst = { name, work: each }
    if (each > MOST) dear.push({ name, each })
    if (found.some(({ verb, text }) => verb === null && text === '/andon retry')) unread += 1
  }
  meter.close()
  record('hostile-comments', {
    comments: comments.length,
    characters: length,
    'not read, and told so': unread,
    'most blocks run a character': `${Math.round(worst.work)} (${worst.name})`,
    'over the bound': dear.length,
  })
  expect(dear).toEqual([])
}, 120_000)
