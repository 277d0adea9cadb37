// The operator's cord through the socket of a running process, as it is where the embedded database has one owner.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { callOperations, serveOperations, socketPath } from '../../src/process/control-socket.ts'
import { openOperations } from '../../src/process/operations.ts'
import { readBoard } from '../../src/store/board.ts'
import { door, NOW } from '../apply/support/arrivals.ts'
import { freshDatabase } from '../support/database.ts'

test('everything is held and let go through the socket of a running process, and each is answered', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'andon-operations-'))
  const database = await freshDatabase()
  const opened = door(database)
  const server = await serveOperations(
    socketPath(directory),
    openOperations({ database, door: opened, now: () => NOW }),
  )
  const operations = await callOperations(socketPath(directory))
  const held = async () => (await readBoard(database, { seen: 'all' }, NOW)).holds.map(({ hold }) => hold.why)

  expect(await operations?.sayOfEverything('root', 'GitHub is down')).toEqual({
    outcome: 'done',
    words: 'everything is held by root since 2026-11-21 12:00 UTC: GitHub is down; what runs goes on',
    next: [],
  })
  expect(await operations?.sayOfEverything('root', 'again')).toMatchObject({ outcome: 'already' })
  expect(await held()).toEqual(['GitHub is down'])
  expect(await operations?.sayOfEverything('root', null)).toMatchObject({ outcome: 'done' })
  expect(await operations?.sayOfEverything('root', null)).toMatchObject({ outcome: 'already' })
  expect(await held()).toEqual([])

  server.close()
  await opened.close()
  await database.close()
  await rm(directory, { recursive: true })
})

test('a process that does not answer is not waited for', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'andon-operations-'))
  const frozen = createServer().listen(socketPath(directory))
  await once(frozen, 'listening')
  await expect(callOperations(socketPath(directory), 50)).rejects.toThrow('the running process does not answer')
  frozen.closeAllConnections()
  frozen.close()
  await rm(directory, { recursive: true })
})
