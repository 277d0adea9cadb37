// The operator's commands reach a running process through sockets in its data directory, which only its owner may open;
// they work without GitHub and the App's key. The process that owns the embedded database has one, and each loop has
// one on which it can be asked to stop.
import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { StartToRehearse } from '../apply/rehearse-start.ts'
import type { HoldEnd } from '../commands/hold-end.ts'
import type { AppCredentials } from '../config.ts'
import type { OwnerOperations } from './operations.ts'

/** The socket of the process that owns `dataDirectory`. */
export function controlSocketPath(dataDirectory: string): string {
  return join(dataDirectory, 'andon.sock')
}

/** Answers operations on the socket until closed. The directory's lock must be held: an old socket file is replaced. */
export function serveOperations(path: string, operations: OwnerOperations): Promise<Server> {
  return serveRequests(path, ({ operation, args }) =>
    performOperation(operations, operation as keyof OwnerOperations, args),
  )
}

/** Answers requests to stop on the socket until closed. */
export function serveStopRequests(path: string, stop: () => void): Promise<Server> {
  return serveRequests(path, async ({ operation }) => {
    if (operation !== 'stop') throw new Error(`this socket does not know the operation "${operation}"`)
    stop()
  })
}

/** Asks the loop that listens at `path` to stop; false when it does not answer. */
export function sendStopRequest(path: string): Promise<boolean> {
  return sendRequest(path, 'stop', [], AbortSignal.timeout(STOP_TIMEOUT_MS)).then(
    () => true,
    () => false,
  )
}

/** A running process answers at once. */
const STOP_TIMEOUT_MS = 3_000

/** The operations of the process that listens at `path`; null when none does. */
export async function connectOperations(
  path: string,
  timeoutMs = OPERATION_TIMEOUT_MS,
): Promise<OwnerOperations | null> {
  const send = <T>(operation: keyof OwnerOperations, ...args: readonly unknown[]) =>
    sendRequest<T>(path, operation, args, AbortSignal.timeout(timeoutMs)).catch(explainTimeout)
  const operations: OwnerOperations = {
    failedDeliveries: () => send('failedDeliveries'),
    rehearseStart: (start) => send('rehearseStart', start),
    inspectDatabase: () => send('inspectDatabase'),
    replay: (id) => send('replay', id),
    dropDeliveries: (ids) => send('dropDeliveries', ids),
    buriedEffects: () => send('buriedEffects'),
    replayEffects: (ids) => send('replayEffects', ids),
    dropEffects: (ids) => send('dropEffects', ids),
    setGlobalHold: (by, reason, end) => send('setGlobalHold', by, reason, end),
    replaceApp: (former, next) => send('replaceApp', former, next),
    backup: () => sendRequest<string>(path, 'backup', [], AbortSignal.timeout(BACKUP_TIMEOUT_MS)).catch(explainTimeout),
  }
  return operations.failedDeliveries().then(
    () => operations,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') return null
      throw error
    },
  )
}

/** A little longer than the door may take. */
const OPERATION_TIMEOUT_MS = 15_000

/** It compresses the whole database. */
const BACKUP_TIMEOUT_MS = 600_000

function explainTimeout(error: Error): never {
  if (error.name !== 'AbortError' && error.name !== 'TimeoutError') throw error
  throw new Error('the running process does not answer: `npm run -s andon -- loop status` says whether it is alive.')
}

type ControlRequest = { readonly operation: string; readonly args: readonly unknown[] }

async function serveRequests(path: string, perform: (request: ControlRequest) => Promise<unknown>): Promise<Server> {
  await rm(path, { force: true })
  const server = createServer(async (req, res) => {
    try {
      const answer = (await perform(JSON.parse((await buffer(req)).toString()) as ControlRequest)) ?? null
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ answer }))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      res.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ error: message }))
    }
  })
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o600)
  return server
}

function performOperation(
  operations: OwnerOperations,
  operation: keyof OwnerOperations,
  args: readonly unknown[],
): Promise<unknown> {
  switch (operation) {
    case 'failedDeliveries':
      return operations.failedDeliveries()
    case 'replay':
      return operations.replay(Number(args[0]))
    case 'dropDeliveries':
      return operations.dropDeliveries(args[0] as readonly number[])
    case 'buriedEffects':
      return operations.buriedEffects()
    case 'replayEffects':
      return operations.replayEffects(args[0] as readonly number[])
    case 'dropEffects':
      return operations.dropEffects(args[0] as readonly number[])
    case 'setGlobalHold':
      return operations.setGlobalHold(
        String(args[0]),
        args[1] === null ? null : String(args[1]),
        (args[2] ?? null) as HoldEnd | null,
      )
    case 'rehearseStart':
      return operations.rehearseStart(args[0] as StartToRehearse)
    case 'inspectDatabase':
      return operations.inspectDatabase()
    case 'backup':
      return operations.backup()
    case 'replaceApp':
      return operations.replaceApp(args[0] as AppCredentials, args[1] as AppCredentials)
    default:
      throw new Error(`this process does not know the operation "${operation satisfies never}"`)
  }
}

async function sendRequest<T>(
  path: string,
  operation: string,
  args: readonly unknown[],
  signal?: AbortSignal,
): Promise<T> {
  const req = request({ socketPath: path, method: 'POST', path: '/', ...(signal && { signal }) })
  req.end(JSON.stringify({ operation, args } satisfies ControlRequest))
  const [res] = await once(req, 'response')
  const { answer, error } = JSON.parse((await buffer(res)).toString())
  if (error !== undefined) throw new Error(error)
  return answer
}
