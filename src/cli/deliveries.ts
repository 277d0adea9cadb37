// The operator's commands. With Postgres they use the database directly. The embedded database belongs to the running
// process, so they go through its control socket; they open the directory themselves only if no process runs.
import pino from 'pino'
import { openDoor } from '../apply/door.ts'
import { readDatabaseConfig } from '../config.ts'
import { connectOperations, controlSocketPath } from '../process/control-socket.ts'
import { migrateOrVerify, openDatabase } from '../process/open-database.ts'
import { type Operations, openOperations } from '../process/operations.ts'
import { webhookText } from '../render/repairs.ts'
import type { FailedDelivery } from '../store/deliveries.ts'
import { printable } from '../text/printable.ts'
import { type ListCommand, runListCommand } from './list-command.ts'

/** `deliveries`, `deliveries --json`, `deliveries replay|drop ID... | --all [--yes]`; resolves to the exit code. */
export async function runDeliveriesCommand(args: readonly string[], reach = withOperations): Promise<number> {
  return await runListCommand(DELIVERIES, args, reach)
}

const DELIVERIES: ListCommand<FailedDelivery> = {
  name: 'deliveries',
  list: (operations) => operations.failedDeliveries(),
  lineOf: ({ id, receivedAt, name, action, guid, error }) =>
    `${id}  ${receivedAt}  ${webhookText({ name, action })}  ${guid}  ${printable(error)}`,
  async replay(operations, ids) {
    let applied = 0
    for (const id of ids) if (await replay(operations, id)) applied += 1
    return applied
  },
  drop: (operations, ids) => operations.dropDeliveries(ids),
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
