// The operator's commands. With Postgres they use the database directly. The embedded database belongs to the running
// process, so they go through its control socket; they open the directory themselves only if no process runs.
import pino from 'pino'
import { openDoor } from '../apply/door.ts'
import { readDatabaseConfig } from '../config.ts'
import { connectOperations, controlSocketPath } from '../process/control-socket.ts'
import { EX_USAGE, failWith } from '../process/exit.ts'
import { migrateOrVerify, openDatabase } from '../process/open-database.ts'
import { type Operations, openOperations } from '../process/operations.ts'
import { printable } from '../text/printable.ts'

/** `deliveries`, `deliveries --json`, `deliveries replay ID`; resolves to the exit code. */
export async function runDeliveriesCommand(args: readonly string[]): Promise<number> {
  const [verb, id, ...more] = args
  if (verb === undefined) return withOperations(printFailedDeliveries)
  if (verb === '--json' && id === undefined) return withOperations(printFailedDeliveriesAsJson)
  const isOne = id !== undefined && /^\d+$/.test(id) && Number.isSafeInteger(Number(id)) && more.length === 0
  if (verb === 'replay' && isOne) return withOperations((o) => runReplay(o, Number(id)))
  const sentence = 'use `deliveries`, `deliveries --json` or `deliveries replay ID` with an ID from that list.'
  return failWith(sentence, EX_USAGE)
}

async function printFailedDeliveries(operations: Operations): Promise<number> {
  const failed = await operations.failedDeliveries()
  if (failed.length === 0) console.log('No delivery has failed.')
  for (const delivery of failed) {
    const name = delivery.action === null ? delivery.name : `${delivery.name}.${delivery.action}`
    console.log(`${delivery.id}  ${delivery.receivedAt}  ${name}  ${delivery.guid}  ${printable(delivery.error)}`)
  }
  return 0
}

async function printFailedDeliveriesAsJson(operations: Operations): Promise<number> {
  console.log(JSON.stringify(await operations.failedDeliveries(), null, 2))
  return 0
}

async function runReplay(operations: Operations, id: number): Promise<number> {
  const result = await operations.replay(id)
  if (result.state === 'unknown') {
    return failWith(`there is no failed delivery ${id}; \`deliveries\` lists them.`, 1)
  }
  if (result.state === 'failed') {
    return failWith(`delivery ${id} failed again: ${printable(result.error)}`, 1)
  }
  console.log(`Delivery ${id} is ${result.state}.`)
  return 0
}

/** Passes the operations to `use`, whether they run here or in the process behind the socket. */
export async function withOperations(use: (operations: Operations) => Promise<number>): Promise<number> {
  const config = readDatabaseConfig(process.env)
  const running = config.databaseUrl === null ? await connectOperations(controlSocketPath(config.dataDirectory)) : null
  if (running !== null) return use(running)
  const log = pino({ level: config.logLevel === 'info' ? 'warn' : config.logLevel })
  const database = await openDatabase(config)
  const now = () => new Date().toISOString()
  const door = openDoor({ database, now, log })
  try {
    await migrateOrVerify(database, config, database.kind === 'embedded')
    return await use(openOperations({ database, door, now }))
  } finally {
    await door.close()
    await database.close()
  }
}
