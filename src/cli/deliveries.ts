// The operator's commands. With Postgres they use the database directly. The embedded database belongs to the running
// process, so they go through its control socket; they open the directory themselves only if no process runs.
import pino from 'pino'
import { openDoor } from '../apply/door.ts'
import { readDatabaseConfig } from '../config.ts'
import { connectOperations, controlSocketPath } from '../process/control-socket.ts'
import { migrateOrVerify, openDatabase } from '../process/open-database.ts'
import { type Operations, openOperations } from '../process/operations.ts'
import { printable } from '../text/printable.ts'
import { actOnSelected, failSelection, parseSelection, type Selection } from './selection.ts'

/** `deliveries`, `deliveries --json`, `deliveries replay|drop ID... | --all [--yes]`; resolves to the exit code. */
export async function runDeliveriesCommand(args: readonly string[], reach = withOperations): Promise<number> {
  const [verb, ...rest] = args
  if (verb === undefined) return reach(printFailedDeliveries)
  if (verb === '--json' && rest.length === 0) return reach(printFailedDeliveriesAsJson)
  const selection = verb === 'replay' || verb === 'drop' ? parseSelection(rest) : null
  if (selection === null) return failSelection('deliveries')
  return reach((operations) => actOnDeliveries(operations, verb === 'drop', selection))
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

async function actOnDeliveries(operations: Operations, isDropped: boolean, selection: Selection): Promise<number> {
  return await actOnSelected(selection, {
    listed: await operations.failedDeliveries(),
    one: 'failed delivery',
    many: 'failed deliveries',
    done: isDropped ? 'dropped' : 'applied again',
    act: async (rows) => {
      if (isDropped) return await operations.dropDeliveries(rows.map(({ id }) => id))
      let applied = 0
      for (const { id } of rows) if (await replay(operations, id)) applied += 1
      return applied
    },
  })
}

async function replay(operations: Operations, id: number): Promise<boolean> {
  const result = await operations.replay(id)
  if (result.state === 'failed') console.log(`Delivery ${id} failed again: ${printable(result.error)}`)
  // Somebody else was quicker.
  else if (result.state === 'unknown') console.log(`Delivery ${id} has not failed any more.`)
  return result.state !== 'failed'
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
