// The embedded database belongs to one process: a second one gets an error of one sentence, a dead one's lock is taken over.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DataDirectoryInUse, lockDirectory } from '../../src/process/directory-lock.ts'

let directory: string
const children: ChildProcess[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'andon-lock-'))
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

const LOCK = new URL('../../src/process/directory-lock.ts', import.meta.url).href
const HOLD = `const { lockDirectory } = await import('${LOCK}')
lockDirectory(process.argv[1]).then(() => console.log('held'), (error) => console.log(error.name + ': ' + error.message))
setInterval(() => {}, 1000)`

/** Another process that locks the directory and stays; resolves to its output. */
async function holder(): Promise<{ child: ChildProcess; message: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOLD, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [message] = await once(child.stdout!.setEncoding('utf8'), 'data')
  return { child, message: message.trim() }
}

async function kill(child: ChildProcess): Promise<void> {
  children.splice(children.indexOf(child), 1)
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('a second process gets one sentence that names the first', async () => {
  const { child, message } = await holder()
  expect(message).toBe('held')
  const refusal = `${directory} is in use by process ${child.pid}: stop it, or set ANDON_DATA to another directory.`
  await expect(lockDirectory(directory)).rejects.toThrow(new DataDirectoryInUse(refusal))
})

test('the same process cannot take the lock twice, but can take it again after releasing it', async () => {
  const unlock = await lockDirectory(directory)
  await expect(lockDirectory(directory)).rejects.toThrow(DataDirectoryInUse)
  await unlock()
  await (await lockDirectory(directory))()
  expect(readdirSync(directory)).toEqual([])
})

test('the lock of a process that was killed is taken over', async () => {
  const { child } = await holder()
  await kill(child)
  expect(readdirSync(directory)).toEqual(['andon.lock'])
  const unlock = await lockDirectory(directory)
  expect(JSON.parse(readFileSync(join(directory, 'andon.lock'), 'utf8'))).toMatchObject({ pid: process.pid })
  await unlock()
})

test('a pid that another process has been given does not own the lock', async () => {
  writeFileSync(join(directory, 'andon.lock'), JSON.stringify({ pid: process.pid, startedAt: '1' }))
  await (await lockDirectory(directory))()
})

test('an unreadable lock is taken over', async () => {
  for (const text of ['', '{', '{"pid":-1}', '{"pid":"1"}', 'null']) {
    writeFileSync(join(directory, 'andon.lock'), text)
    await (await lockDirectory(directory))()
  }
})

test('a takeover that died half-way does not block later ones for ever', async () => {
  const { child } = await holder()
  await kill(child)
  mkdirSync(join(directory, 'andon.lock.takeover'))
  await expect(lockDirectory(directory)).rejects.toThrow('is in use by a process that is just starting')
  const longAgo = new Date(Date.now() - 60_000)
  utimesSync(join(directory, 'andon.lock.takeover'), longAgo, longAgo)
  await (await lockDirectory(directory))()
})

test('of many processes that find a dead one’s lock, one takes it over', async () => {
  for (let round = 0; round < 3; round++) {
    const { child } = await holder()
    await kill(child)
    const message = (await Promise.all(Array.from({ length: 6 }, holder))).map((each) => each.message)
    expect(message.filter((word) => word === 'held')).toHaveLength(1)
    expect(message.filter((word) => word.startsWith('DataDirectoryInUse: '))).toHaveLength(5)
    for (const other of [...children]) await kill(other)
  }
  console.log('3 rounds of 6 processes at a stale lock: 1 owner each')
})
