// Shows the board over rows made by hand: run `node test/web/support/preview.ts 4010`, then open the address.
import pino from 'pino'
import { configurationNoticeOf } from '../../../src/render/configuration-notice.ts'
import { createServerWithReader } from '../../../src/web/http-server.ts'
import { REPOSITORY } from '../../support/pipeline-fixtures.ts'
import { withServer } from '../../support/with-server.ts'
import { busyBoard, MISTAKE_NOTICE, NOW } from './board-fixtures.ts'
import { boardOf, repositoryLines } from './board-page.ts'
import { HEALTH, operatorsOf } from './health-fixture.ts'
import { HELD_PLACES, withHolds } from './held-board.ts'

const ORGANISATION_NOTICE = configurationNoticeOf(
  {
    repository: 'northwind-traders-international/warehouse-management-system',
    source: 'organisation',
    headSha: null,
    isConfigured: false,
    validSha: null,
    problems: [{ fileLine: 12, column: 3, field: '', message: 'The file cannot be read as YAML: a colon is missing.' }],
  },
  'https://github.com',
)
const port = Number(process.argv[2] ?? 4010)
const kind = process.argv[3] ?? 'busy'
const all = kind === 'empty' ? [] : kind === 'held' ? withHolds(busyBoard()) : busyBoard()
const rowsOf = (repository: string | undefined) =>
  all.filter(({ shown }) => repository === undefined || shown.repository === repository)
const site = createServerWithReader({
  reader: {
    loadBoard: async ({ repository, order }) => ({
      ...boardOf(rowsOf(repository), NOW, kind === 'mistaken' ? [MISTAKE_NOTICE, ORGANISATION_NOTICE] : []),
      repositories: order === 'repository' ? repositoryLines(all, null) : [],
      holds: kind === 'held' ? HELD_PLACES : [],
    }),
    loadIssue: async (repository, number) => {
      const found = rowsOf(repository).find(({ shown }) => shown.pipeline.issue.number === number)
      const configurationNotices = kind === 'mistaken' ? [MISTAKE_NOTICE] : []
      return found
        ? { ...found, isWholeHistory: true, published: {}, asOf: NOW, configurationNotices, accessNotices: [] }
        : null
    },
    findRepository: async (name) => ({ ...REPOSITORY, fullName: name }),
    listRepositories: async (owner) => ({ asOf: NOW, repositories: repositoryLines(all, owner) }),
    loadOwnPart: async () => ({ mayPress: false, press: null }),
    whyNotReady: async () => null,
    listen: async () => async () => undefined,
  },
  receiveDelivery: async () => undefined,
  report: async (asked) => asked.body(null, 204),
  operators: operatorsOf(() => HEALTH),
  log: pino({ level: 'warn' }),
  config: {
    access: 'open',
    baseUrl: 'http://localhost',
    build: 'preview',
    databaseNotice: 'embedded database in .andon',
  },
})
await withServer(site).listen(port)
console.log(`http://127.0.0.1:${port}/`)
