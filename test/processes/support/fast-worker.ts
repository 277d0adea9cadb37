// A worker in a process of its own, to be killed or frozen: by the test, or by itself at its crash point.
import { openAndon } from '../../../src/andon.ts'
import { openPostgresDatabase } from '../../../src/store/postgres.ts'
import { withServer } from '../../support/with-server.ts'
import { withCrashPoint } from './crash-point.ts'
import { andonOptions, type FastWorkerSettings } from './fast-clock.ts'

const settings = JSON.parse(process.env.FAST_WORKER ?? '{}') as FastWorkerSettings
const { fetch, ...rest } = andonOptions(settings, settings.port === null ? 'worker' : 'all')
const connections = { database: await openPostgresDatabase(settings.databaseUrl), fetch }
const andon = withServer(
  await openAndon({
    ...rest,
    ...(settings.crashPoint === null ? connections : withCrashPoint(settings.crashPoint, connections)),
  }),
)
if (settings.port !== null) await andon.listen(settings.port)
await andon.startWorker()
process.once('SIGTERM', () => void andon.close().then(() => connections.database.close()))
console.log('working')
