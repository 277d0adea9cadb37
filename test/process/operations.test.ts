// The operator's hold through the control socket of a running process, which owns the embedded database.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectOperations, controlSocketPath, serveOperations } from '../../src/process/control-socket.ts'
import { openOperations } from '../../src/process/operations.ts'
import { describeCommandAnswer } from '../../src/render/command-result.ts'
import { loadBoard } from '../../src/store/board.ts'
import { NOW, openTestDoor } from '../apply/support/arrivals.ts'
import { openTestDatabase } from '../support/database.ts'

test('an operator holds and resumes everything through the socket of a running process, and each is answered', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'andon-operations-'))
  const database = await openTestDatabase()
  const opened = openTestDoor(database)
  const server = await serveOperations(controlSocketPath(directory), {
    ...openOperations({ database, door: opened, now: () => NOW }),
    replaceApp: async () => false,
  })
  const operations = await connectOperations(controlSocketPath(directory))
  const heldFor = async () =>
    (await loadBoard(database, { visible: 'all' }, NOW)).holds.map(({ hold }) => 'reason' in hold && hold.reason)

  const held = await operations?.setGlobalHold('root', 'GitHub is down')
  expect(held?.outcome).toBe('done')
  expect(held && describeCommandAnswer(held)).toEqual({
    message: 'everything is held by root since 2026-11-21 12:00 UTC: GitHub is down; what runs goes on',
    suggestions: [],
  })
  expect(await operations?.setGlobalHold('root', 'again')).toMatchObject({ outcome: 'already' })
  expect(await heldFor()).toEqual(['GitHub is down'])
  expect(await operations?.setGlobalHold('root', null)).toMatchObject({ outcome: 'done' })
  expect(await operations?.setGlobalHold('root', null)).toMatchObject({ outcome: 'already' })
  const timed = await operations?.setGlobalHold('root', 'for an hour', { kind: 'for', minutes: 60 })
  expect(timed && describeCommandAnswer(timed).message).toContain('until 2026-11-21 13:00 UTC')
  await operations?.setGlobalHold('root', null)
  expect(await heldFor()).toEqual([])

  server.close()
  await opened.close()
  await database.close()
  await rm(directory, { recursive: true })
})

test('an operation does not wait for a process that does not answer', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'andon-operations-'))
  const frozen = createServer().listen(controlSocketPath(directory))
  await once(frozen, 'listening')
  await expect(connectOperations(controlSocketPath(directory), 50)).rejects.toThrow(
    'the running process does not answer',
  )
  frozen.closeAllConnections()
  frozen.close()
  await rm(directory, { recursive: true })
})
