// The site over rows made by hand: the test decides what it shows, whether it can be read, and when it changes.
import pino from 'pino'
import type { ActiveHold } from '../../../src/pipeline/model/hold.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import type { ConfigurationNotice } from '../../../src/render/configuration-notice.ts'
import { ServiceUnavailable } from '../../../src/web/http-errors.ts'
import { createServerWithReader } from '../../../src/web/http-server.ts'
import type { OperatorParts } from '../../../src/web/operators.ts'
import type { Reader } from '../../../src/web/reader.ts'
import type { RequestContext } from '../../../src/web/site.ts'
import { REPOSITORY } from '../../support/pipeline-fixtures.ts'
import { withServer } from '../../support/with-server.ts'
import { type BoardFixture, busyBoard, NOW } from './board-fixtures.ts'
import { boardOf, repositoryLines } from './board-page.ts'

export type StubBoard = {
  readonly reader: Reader
  /** How often the board was read. */
  readCount(): number
  /** Replaces the rows and notifies the listeners. */
  show(all: readonly BoardFixture[], at?: Instant): void
  /** Replaces the files that have mistakes. */
  showMistakes(notices: readonly ConfigurationNotice[]): void
  /** Replaces the holds on everything and on whole repositories. */
  showHolds(holds: readonly ActiveHold[]): void
  /** A repository is renamed, or the App is removed from it: its name is no longer known. */
  removeRepository(repository: string): void
  /** The database goes away, or comes back. */
  setUnavailable(away: boolean): void
}

const REPOSITORIES = ['acme/widgets', 'acme/api', 'northwind-traders-international/warehouse-management-system']

export function openStubBoard(all: readonly BoardFixture[] = busyBoard()): StubBoard {
  const listeners = new Set<(payload: string) => void>()
  let standing = all
  let now = NOW
  let notices: readonly ConfigurationNotice[] = []
  let holds: readonly ActiveHold[] = []
  let forgotten = ''
  let away = false
  let readings = 0
  const here = (repository?: string) =>
    standing.filter(({ shown }) => shown.repository !== forgotten && (!repository || shown.repository === repository))
  const heldIn = (asked?: string) =>
    holds.filter(({ repository }) => !asked || repository === null || repository === asked)
  const wrongIn = (repository?: string) => notices.filter((one) => !repository || one.repository === repository)
  const read = async <T>(answer: () => T): Promise<T> => {
    readings += 1
    if (away) throw new ServiceUnavailable('the database cannot be read just now')
    return answer()
  }
  return {
    reader: {
      loadBoard: ({ repository, order }) =>
        read(() => ({
          ...boardOf(here(repository), now, wrongIn(repository)),
          repositories: order === 'repository' ? repositoryLines(here(repository), null, now) : [],
          holds: heldIn(repository),
        })),
      loadIssue: (repository, number) =>
        read(() => {
          const found = here(repository).find(({ shown }) => shown.pipeline.issue.number === number)
          const configurationNotices = wrongIn(repository)
          return found
            ? { ...found, isWholeHistory: true, published: {}, asOf: now, configurationNotices, accessNotices: [] }
            : null
        }),
      findRepository: (name) =>
        read(() => {
          const fullName = REPOSITORIES.find(
            (known) => known !== forgotten && known.toLowerCase() === name.toLowerCase(),
          )
          return fullName === undefined ? null : { ...REPOSITORY, fullName }
        }),
      listRepositories: (owner) => read(() => ({ asOf: now, repositories: repositoryLines(here(), owner, now) })),
      loadOwnPart: async () => ({ mayPress: false, press: null }),
      whyNotReady: () => read(() => null),
      async listen(received) {
        listeners.add(received)
        return async () => void listeners.delete(received)
      },
    },
    readCount: () => readings,
    show(all, at = now) {
      standing = all
      now = at
      for (const received of listeners) received('')
    },
    showMistakes(next) {
      notices = next
      for (const received of listeners) received('')
    },
    showHolds(next) {
      holds = next
      for (const received of listeners) received('')
    },
    removeRepository(repository) {
      forgotten = repository
      for (const received of listeners) received('')
    },
    setUnavailable(next) {
      away = next
      for (const received of listeners) received('')
    },
  }
}

export type OpenSite = { readonly url: string; readonly streams: () => number; close(): Promise<void> }

/** Serves a board on a free port. */
export async function openSite(
  reader: Reader,
  config: {
    access?: 'open' | 'login'
    build?: string
    pingEveryMs?: number
    beatEveryMs?: number
    databaseNotice?: string | null
  } = {},
  port = 0,
  report: (asked: RequestContext) => Promise<Response> = async (asked) => asked.body(null, 204),
  operators?: OperatorParts,
): Promise<OpenSite> {
  const site = createServerWithReader({
    reader,
    receiveDelivery: async (_request, response) => void response.writeHead(202).end('{"accepted":true}'),
    report,
    ...(operators && { operators }),
    log: pino({ level: 'silent' }),
    config: { access: 'open', baseUrl: 'http://localhost', build: 'build-1', databaseNotice: null, ...config },
  })
  const { listen, close } = withServer(site)
  return { url: `http://127.0.0.1:${await listen(port)}`, streams: site.hub.streamCount, close }
}
