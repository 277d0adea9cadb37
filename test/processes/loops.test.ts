// Which loops work, which have stopped and which only seem to: with every dependency up, and with none.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readStartTicks } from '../../src/process/process-identity.ts'
import { loadLoops, requestStop } from '../../src/store/loops.ts'
import { type AndonProcess, startAndonProcess, stopAllProcesses, waitUntil } from '../support/andon-process.ts'
import { openTestDatabase } from '../support/database.ts'
import { forEachConcurrently } from '../support/http-load.ts'
import { recordMeasurements, repetitions } from '../support/measurements.ts'
import { findPostgres, freePort, startCluster } from '../support/postgres-cluster.ts'
import { badHeartbeats } from '../watchdog/support/bad-heartbeats.ts'

let dataDirectory: string

beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'andon-loops-'))
})

afterEach(async () => {
  await stopAllProcesses()
  rmSync(dataDirectory, { recursive: true, force: true })
})

type CommandOutput = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** `loop …` for an operator who has only this machine: no App, no key, no secret, no GitHub. */
async function runLoopCommand(words: string, databaseUrl?: string, folder = dataDirectory): Promise<CommandOutput> {
  const nothing = { APP_ID: undefined, PRIVATE_KEY: undefined, WEBHOOK_SECRET: undefined, GITHUB_API_URL: undefined }
  const surroundings = { ...nothing, ANDON_DATA: folder, DATABASE_URL: databaseUrl }
  const command = await startAndonProcess('loop', surroundings, words.split(' ').filter(Boolean))
  const { code } = await command.exited()
  return { code, stdout: command.output().replace(command.stderr(), ''), stderr: command.stderr() }
}

function startWorker(databaseUrl: string, words: readonly string[] = []): Promise<AndonProcess> {
  return startAndonProcess('worker', { DATABASE_URL: databaseUrl, ANDON_DATA: dataDirectory }, words)
}

async function startedWorker(databaseUrl: string): Promise<AndonProcess> {
  const worker = await startWorker(databaseUrl)
  await waitUntil('the worker works', () => worker.output().includes('"msg":"working"'), {
    giveUp: () => worker.stderr() || null,
  })
  return worker
}

const idOf = (worker: AndonProcess) => `worker-${hostname()}-${worker.pid}`

test('a loop is alive until it is killed, and its successor deletes what it left', async () => {
  const database = await openTestDatabase('postgres')
  const { url = '' } = database
  expect(await runLoopCommand('status', url)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('No loop is registered'),
  })
  const first = await startedWorker(url)
  const table = await runLoopCommand('status', url)
  expect(table).toMatchObject({ code: 0, stderr: '' })
  expect(table.stdout).toMatch(
    /^LOOP +STATE +DOING +ITERATION +BEAT +PROGRESS\nworker-\S+ +alive +(idle|running) +\d+ +\d+ s ago/,
  )
  await first.stop('SIGKILL')
  const killed = await runLoopCommand('status', url)
  expect(killed.code).toBe(1)
  expect(killed.stdout).toContain(`${idOf(first)} is gone: process ${first.pid} has ended without stopping in order.`)
  expect(await runLoopCommand(`stop ${idOf(first)}`, url)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('was not asked'),
  })
  const second = await startedWorker(url)
  const json = await runLoopCommand('status --json', url)
  expect(json.code).toBe(0)
  expect(JSON.parse(json.stdout).loops).toMatchObject([{ id: idOf(second), alive: true, state: 'alive' }])
  expect((await second.stop()).code).toBe(0)
  expect(await loadLoops(database)).toEqual([])
  expect(readdirSync(join(dataDirectory, 'loops'))).toEqual([])
  await database.close()
})

test('a loop is asked to stop through its socket, or through its row on another machine', async () => {
  const database = await openTestDatabase('postgres')
  const { url = '' } = database
  const worker = await startedWorker(url)
  expect(await runLoopCommand('stop nobody', url)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no loop'),
  })
  expect(await runLoopCommand(`stop ${idOf(worker)}`, url)).toMatchObject({
    code: 0,
    stdout: `${idOf(worker)} is stopping.\n`,
  })
  expect((await worker.exited()).code).toBe(0)
  const other = await startedWorker(url)
  expect(await requestStop(database, idOf(other), new Date().toISOString())).toBe(true)
  expect((await other.exited()).code).toBe(0)
  expect(other.output()).toContain('"by":"the database"')
  await database.close()
})

test('a bounded worker ends by itself', async () => {
  const database = await openTestDatabase('postgres')
  const worker = await startWorker(database.url ?? '', ['--iterations', '3'])
  expect((await worker.exited()).code).toBe(0)
  expect(worker.output()).toContain('"by":"its number of iterations"')
  expect(await loadLoops(database)).toEqual([])
  await database.close()
})

test('with the database stopped and no key, status and stop answer from this machine alone', async () => {
  const cluster = await startCluster(findPostgres() ?? 'postgres is not installed')
  try {
    expect((await (await startAndonProcess('migrate', { DATABASE_URL: cluster.url })).exited()).code).toBe(0)
    const worker = await startedWorker(cluster.url)
    const frozen = await startedWorker(cluster.url)
    await cluster.stop()
    const seen = await runLoopCommand('status', cluster.url)
    expect(seen).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('only the loops that ran in this folder'),
    })
    expect(seen.stdout).toContain(idOf(worker))
    expect(await runLoopCommand('stop', cluster.url)).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('name one'),
    })
    frozen.freeze()
    expect(await runLoopCommand(`stop ${idOf(frozen)}`, cluster.url)).toMatchObject({
      code: 0,
      stdout: `${idOf(frozen)} does not answer: process ${frozen.pid} was sent SIGTERM.\n`,
    })
    expect(await runLoopCommand(`stop ${idOf(worker)}`, cluster.url)).toMatchObject({ code: 0 })
    frozen.thaw()
    const startedAt = Date.now()
    expect((await worker.exited()).code).toBe(0)
    expect((await frozen.exited()).code).toBe(0)
    recordMeasurements('loops', { 'seconds to stop without a database': Math.ceil((Date.now() - startedAt) / 1000) })
    expect(await runLoopCommand('status', cluster.url)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot tell'),
    })
    expect(await runLoopCommand('stop --all', cluster.url)).toMatchObject({ code: 2 })
  } finally {
    await cluster.remove()
  }
})

test('no bad heartbeat counts as alive, and none sends a signal to the process that has its pid', async () => {
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  const pid = bystander.pid ?? 0
  const host = hostname()
  const good = {
    id: `worker-${host}-${pid}`,
    role: 'worker',
    host,
    pid,
    startedAtTicks: await readStartTicks(pid),
    status: 'idle',
    iteration: 12,
    beatAt: new Date().toISOString(),
    progressAt: null,
    inFlightSince: null,
    lastError: null,
  } as const
  /** Relative to now: a time in the future would not stay there. */
  const corpus = () => {
    const now = { ...good, beatAt: new Date().toISOString() }
    const reused = { ...now, startedAtTicks: `${Number(good.startedAtTicks) - 1}` }
    const bad = badHeartbeats(now).filter(({ state }) => state !== 'gone')
    return [...bad.map(({ text }) => text), JSON.stringify(reused)]
  }
  mkdirSync(join(dataDirectory, 'loops'))
  const path = join(dataDirectory, 'loops', `worker-${pid}.json`)
  try {
    // Every heartbeat gets a folder of its own. Running the command on all of them takes a minute, so the short form samples.
    const all = corpus().map((_, index) => index)
    const sample = all.filter((index) => index % repetitions(14, 1) === 0)
    await forEachConcurrently(3, sample, async (index) => {
      const folder = join(dataDirectory, `case-${index}`)
      mkdirSync(join(folder, 'loops'), { recursive: true })
      writeFileSync(join(folder, 'loops', `worker-${pid}.json`), corpus()[index] ?? '')
      for (const words of ['status', 'stop --all', `stop ${good.id}`]) {
        expect((await runLoopCommand(words, undefined, folder)).code).toBe(1)
      }
    })
    expect(bystander.signalCode).toBeNull()
    expect(bystander.exitCode).toBeNull()
    // A valid heartbeat does bring a signal: only the rule above prevented it.
    writeFileSync(path, JSON.stringify({ ...good, beatAt: new Date().toISOString() }))
    const ended = once(bystander, 'exit')
    expect((await runLoopCommand('stop')).stdout).toContain('was sent SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
    recordMeasurements('bad heartbeats', { faults: sample.length, wrong: 0, signals: 0 })
  } finally {
    bystander.kill('SIGKILL')
  }
})

test('an unusable data folder is answered in one sentence, without a busy loop', async () => {
  const port = await freePort()
  const started = await startAndonProcess('all', { ANDON_DATA: '/proc/andon', PORT: `${port}` })
  expect((await started.exited()).code).toBe(78)
  expect(started.stderr()).toMatch(/^andon: cannot keep a database in \/proc\/andon \(ENOENT\)[^\n]+\.\n$/)
  writeFileSync(join(dataDirectory, 'loops'), 'no folder')
  expect(await runLoopCommand('status')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^andon: cannot tell: [^\n]+\.\n$/),
  })
  expect(readFileSync(join(dataDirectory, 'loops'), 'utf8')).toBe('no folder')
})
