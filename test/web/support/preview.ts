// The board over rows made by hand, for looking at: `node test/web/support/preview.ts 4010`, then open the address.
import pino from 'pino'
import { notice } from '../../../src/render/configuration-notice.ts'
import { serve } from '../../../src/web/http-server.ts'
import { boardOf, floor, NOW, SLIPPED } from './board-fixtures.ts'
import { HELD_PLACES, held } from './held-board.ts'

const ORGANISATIONS = notice(
  {
    repository: 'northwind-traders-international/warehouse-management-system',
    source: 'organisation',
    headSha: null,
    configured: false,
    goodSha: null,
    mistakes: [{ line: 12, column: 3, field: '', message: 'The file cannot be read as YAML: a colon is missing.' }],
  },
  'https://github.com',
)
const port = Number(process.argv[2] ?? 4010)
const kind = process.argv[3] ?? 'busy'
const all = kind === 'empty' ? [] : kind === 'held' ? held(floor()) : floor()
const here = (repository: string | undefined) =>
  all.filter(({ shown }) => repository === undefined || shown.repository === repository)
const { server } = serve({
  reader: {
    board: async ({ repository }) => ({
      ...boardOf(here(repository), NOW, kind === 'mistaken' ? [SLIPPED, ORGANISATIONS] : []),
      holds: kind === 'held' ? HELD_PLACES : [],
    }),
    issue: async (repository, number) => {
      const found = here(repository).find(({ shown }) => shown.pipeline.issue.number === number)
      return found ? { ...found, asOf: NOW, mistaken: kind === 'mistaken' ? [SLIPPED] : [] } : null
    },
    repository: async (name) => name,
    obstacle: async () => null,
    listen: async () => async () => undefined,
  },
  deliver: async () => undefined,
  report: async (asked) => asked.body(null, 204),
  log: pino({ level: 'warn' }),
  config: {
    access: 'open',
    baseUrl: 'http://localhost',
    build: 'preview',
    databaseNotice: 'embedded database in .andon',
  },
})
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/`))
