// What belongs to one viewer of a board that many are shown: their controls, the token of their forms, what came of their
// presses. Readings and what they look like are shared by all who may see the same, and must not carry it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildBoardPageModel } from '../../src/web/board-page-model.ts'
import { fragmentHtmlOf, versionOf } from '../../src/web/page-model.ts'
import type { OwnPart } from '../../src/web/reader.ts'
import { loadViews } from '../../src/web/views.ts'
import { type EventReader, openEventReader } from '../support/event-reader.ts'
import type { Visitor } from '../support/visitor.ts'
import { busyBoard, NOW } from './support/board-fixtures.ts'
import { boardOf } from './support/board-page.ts'
import {
  type ControlsWorld,
  fieldsOf,
  ISSUE_PAGE,
  offeredOn,
  openControlsWorld,
  press,
} from './support/controls-world.ts'
import { HELD_PLACES } from './support/held-board.ts'

describe('two viewers of one reading', () => {
  const views = loadViews((name) => name)
  const place = { repository: 'acme/widgets', filter: {} }
  const reads: OwnPart = { mayPress: false, press: null }
  const writes: OwnPart = {
    mayPress: true,
    press: { text: '/andon hold repository', login: 'linus', at: NOW, answer: null, error: null },
  }

  test.each([
    ['who may write looks first', [writes, reads]],
    ['who may only read looks first', [reads, writes]],
  ])('each get only their own, whoever looks first: %s', (_, order) => {
    const board = { ...boardOf(busyBoard()), holds: HELD_PLACES }
    const models = new Map(order.map((own) => [own, buildBoardPageModel(views, board, place, own)]))
    const [reader, writer] = [models.get(reads), models.get(writes)]
    if (reader === undefined || writer === undefined) throw new Error('both have looked')
    expect(fragmentHtmlOf(writer, 'holds')).toContain('aria-label="Resume acme/widgets"')
    expect(fragmentHtmlOf(writer, 'press')).toContain('hold repository')
    expect(JSON.stringify(reader).match(/<button|hold repository|linus/g)).toBeNull()
    // The rows, which are long, are written once for both.
    expect(writer.lists).toBe(reader.lists)
    expect(versionOf(writer)).not.toBe(versionOf(reader))
    expect(buildBoardPageModel(views, board, place, reads)).toBe(reader)
  })
})

describe('two people at one board', () => {
  let world: ControlsWorld
  let streams: EventReader[]

  beforeEach(async () => {
    world = await openControlsWorld()
    streams = []
  })
  afterEach(async () => {
    for (const stream of streams) stream.close()
    await world.app.close()
  })

  async function openStream(visitor: Visitor, query: string): Promise<EventReader> {
    const stream = await openEventReader(`${world.app.url}/events?${query}`, visitor.cookieHeader())
    streams.push(stream)
    return stream
  }

  /** Everything that a stream has said until it says this. */
  async function readUntil(stream: EventReader, words: RegExp): Promise<string> {
    let received = ''
    while (!words.test(received)) received += (await stream.nextMessage()).data
    return received
  }

  test.each([
    ['/acme/widgets', 'repository=acme/widgets'],
    [ISSUE_PAGE, 'repository=acme/widgets&issue=1'],
  ])('get pages and streams of %s that carry what is their own and nothing of the other', async (path, query) => {
    const [linus, passerby] = [await world.visitorOf('linus'), await world.visitorOf('passerby')]
    const [written, read] = await Promise.all([linus.get(path), passerby.get(path)])
    const tokens = [await linus.formToken(), await passerby.formToken()]
    const secrets = [...tokens, fieldsOf(written).press]
    expect(offeredOn(written)).toContain('hold')
    expect(read.text).not.toMatch(/name="control"|name="token"|name="press"/)

    const [ofLinus, ofPasserby] = [await openStream(linus, query), await openStream(passerby, query)]
    const pressed = await press(linus, path, { control: 'hold', scope: 'issue', reason: 'release week' })
    const own = new URL(pressed.headers.get('location') ?? '').searchParams.get('pressed')
    const ofPress = await openStream(linus, `${query}&pressed=${own}`)
    await world.app.advance(20, { stride: 1 })
    const received = await Promise.all([
      readUntil(ofLinus, /aria-label="Resume/),
      readUntil(ofPasserby, /release week/),
      readUntil(ofPress, /class="press is-done"/),
    ])
    expect(received[1]).not.toMatch(/<button|<form|<input/)
    // Nobody else's stream carries the result, although its address is known.
    const asked = await readUntil(await openStream(passerby, `${query}&pressed=${own}`), /id="press"/)
    expect(asked).toMatch(/<p id="press" class="press" role="status" hidden><\/p>/)
    // Tokens are in the page that they were made for alone.
    for (const text of [...received, asked, read.text]) for (const secret of secrets) expect(text).not.toContain(secret)
  })

  test('who loses the permission to write loses the controls, also on an open stream, once GitHub is asked again', async () => {
    const linus = await world.visitorOf('linus')
    const stream = await openStream(linus, 'repository=acme/widgets&issue=1')
    expect(await readUntil(stream, /id="stage-0"/)).toContain('value="cancel plan"')
    world.app.github.setPermission('linus', 'read')
    await world.app.advance(301)
    await world.runEnds('failure')
    expect(await readUntil(stream, /id="stage-0"[^>]*is-failed/)).not.toContain('<button')
    expect(offeredOn(await linus.get(ISSUE_PAGE))).toEqual([])
  })
})
