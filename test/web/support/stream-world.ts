// Sites and streams of one test, and the two rows that most of them show.
import { afterEach } from 'vitest'
import { type EventReader, openEventReader } from '../../support/event-reader.ts'
import { type BoardFixture, boardFixture, issueTakenUp } from './board-fixtures.ts'
import { type OpenSite, openSite } from './site-world.ts'

/** What is opened by these is closed after each test, the latest first. */
export function openForEachTest() {
  const open: { close(): unknown }[] = []
  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close()
  })
  return {
    open,
    async site(...words: Parameters<typeof openSite>): Promise<OpenSite> {
      const opened = await openSite(...words)
      open.push(opened)
      return opened
    },
    async events(...words: Parameters<typeof openEventReader>): Promise<EventReader> {
      const opened = await openEventReader(...words)
      open.push(opened)
      return opened
    },
  }
}

const PLAN = issueTakenUp({ issue: 70, title: 'Weigh the parcel', at: 9 })

/** An issue that is taken up, and what happens to it. */
export const one = (...more: Parameters<typeof boardFixture>[0]['events']): BoardFixture =>
  boardFixture({ id: 70, issue: 70, events: [PLAN, ...more] })

/** One that nothing happens to. */
export const other = boardFixture({
  id: 71,
  issue: 71,
  events: [issueTakenUp({ issue: 71, title: 'Print the label', at: 8 })],
})
