// The operator's commands. On Postgres they go straight to the database; the embedded database belongs to the running
// process, which they reach through its socket, and only when nothing runs do they open the directory themselves.
import pino from 'pino'
import { openDoor } from '../apply/door.ts'
import { readStoreConfig } from '../config.ts'
import { callOperations, socketPath } from '../process/control-socket.ts'
import { complain, EX_USAGE } from '../process/exit.ts'
import { bringUpToDate, openStore } from '../process/open-database.ts'
import { type Operations, openOperations } from '../process/operations.ts'
import { printable } from '../text/printable.ts'

/** `deliveries`, `deliveries --json`, `deliveries replay ID`; resolves to the exit code. */
export async function operateDeliveries(words: readonly string[]): Promise<number> {
  const [verb, id, ...more] = words
  if (verb === undefined) return withOperations(listFailed)
  if (verb === '--json' && id === undefined) return withOperations(listFailedAsJson)
  const isOne = id !== undefined && /^\d+$/.test(id) && Number.isSafeInteger(Number(id)) && more.length === 0
  if (verb === 'replay' && isOne) return withOperations((o) => replay(o, Number(id)))
  const sentence = 'say `deliveries`, `deliveries --json` or `deliveries replay ID` with an ID from that list.'
  return complain(sentence, EX_USAGE)
}

async function listFailed(operations: Operations): Promise<number> {
  const failed = await operations.failedDeliveries()
  if (failed.length === 0) console.log('No delivery has failed.')
  for (const delivery of failed) {
    const name = delivery.action === null ? delivery.name : `${delivery.name}.${delivery.action}`
    console.log(`${delivery.id}  ${delivery.receivedAt}  ${name}  ${delivery.guid}  ${printable(delivery.error)}`)
  }
  return 0
}

async function listFailedAsJson(operations: Operations): Promise<number> {
  console.log(JSON.stringify(await operations.failedDeliveries(), null, 2))
  return 0
}

async function replay(operations: Operations, id: number): Promise<number> {
  const result = await operations.replay(id)
  if (result.state === 'unknown') {
    return complain(`there is no failed delivery ${id}; \`deliveries\` lists them.`, 1)
  }
  if (result.state === 'failed') {
    return complain(`delivery ${id} failed again: ${printable(result.error)}`, 1)
  }
  console.log(`Delivery ${id} is ${result.state}.`)
  return 0
}

/** Hands the operations to `use`, wherever they are carried out. */
export async function withOperations(use: (operations: Operations) => Promise<number>): Promise<number> {
  const config = readStoreConfig(process.env)
  const running = config.databaseUrl === null ? await callOperations(socketPath(config.dataDirectory)) : null
  if (running !== null) return use(running)
  const log = pino({ level: config.logLevel === 'info' ? 'warn' : config.logLevel })
  const database = await openStore(config)
  const now = () => new Date().toISOString()
  const door = openDoor({ database, now, log })
  try {
    await bringUpToDate(database, database.kind === 'embedded')
    return await use(openOperations({ database, door, now }))
  } finally {
    await door.close()
    await database.close()
  }
}
