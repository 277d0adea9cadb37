// The board over rows made by hand, for looking at: `node test/web/support/preview.ts 4010`, then open the address.
import pino from 'pino'
import { serve } from '../../../src/web/serve.ts'
import { boardOf, floor, NOW } from './rows.ts'

const port = Number(process.argv[2] ?? 4010)
const kind = process.argv[3] ?? 'busy'
const all = kind === 'empty' ? [] : floor()
const here = (repository: string | undefined) =>
  all.filter(({ shown }) => repository === undefined || shown.repository === repository)
const { server } = serve({
  reader: {
    board: async ({ repository }) => boardOf(here(repository)),
    issue: async (repository, number) => {
      const found = here(repository).find(({ shown }) => shown.pipeline.issue.number === number)
      return found ? { ...found, asOf: NOW } : null
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
