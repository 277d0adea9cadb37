// The embedded database belongs to one process: a second one gets an error of one sentence; the kernel ends a dead one's lock.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
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
setInterval(() => {}, 1000)
let collections = 0
function held() {
  console.log('held')
  setInterval(() => (globalThis.gc(), ++collections === 10 && console.log('collected')), 20)
}
lockDirectory(process.argv[1]).then(held, (error) => console.log(error.name + ': ' + error.message))`

/** Another process that locks the directory and stays; resolves to its output. */
async function holder(): Promise<{ child: ChildProcess; message: string }> {
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', HOLD, directory], {
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
  // Its lock outlives what its garbage collector takes.
  await once(child.stdout!, 'data')
  const owner = `process ${child.pid} on ${hostname()}`
  const refusal = `${directory} is in use by ${owner}: stop it, or set ANDON_DATA to another directory.`
  await expect(lockDirectory(directory)).rejects.toThrow(new DataDirectoryInUse(refusal))
})

test('the same process cannot take the lock twice, and a failed try does not release it', async () => {
  const unlock = await lockDirectory(directory)
  await expect(lockDirectory(directory)).rejects.toThrow(DataDirectoryInUse)
  expect((await holder()).message).toMatch(/^DataDirectoryInUse: /)
  unlock()
  const again = await lockDirectory(directory)
  again()
})

test('the lock ends with a process that is killed', async () => {
  const { child } = await holder()
  await kill(child)
  const unlock = await lockDirectory(directory)
  expect(readFileSync(join(directory, 'owner'), 'utf8')).toBe(`process ${process.pid} on ${hostname()}`)
  unlock()
})

test('a frozen process keeps the lock', async () => {
  const { child } = await holder()
  child.kill('SIGSTOP')
  await expect(lockDirectory(directory)).rejects.toThrow(DataDirectoryInUse)
})

test('what an owner has left behind locks nothing', async () => {
  writeFileSync(join(directory, 'owner'), 'process 1 on another machine')
  writeFileSync(join(directory, 'owner.lock'), '')
  const unlock = await lockDirectory(directory)
  unlock()
})

test('of many processes that start at once, one gets the lock', async () => {
  for (let round = 0; round < 3; round++) {
    const { child } = await holder()
    await kill(child)
    const message = (await Promise.all(Array.from({ length: 6 }, holder))).map((each) => each.message)
    expect(message.filter((word) => word === 'held')).toHaveLength(1)
    expect(message.filter((word) => word.startsWith('DataDirectoryInUse: '))).toHaveLength(5)
    for (const other of [...children]) await kill(other)
  }
  console.log('3 rounds of 6 processes that start at once: 1 owner each')
})
