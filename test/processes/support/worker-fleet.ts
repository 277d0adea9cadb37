// Real workers that die and freeze: GitHub, a Postgres database, Andon's door in this process, and workers in processes of
// their own, all on one fast clock. When the last worker is dead, the door's own process finishes the work.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAndon } from '../../../src/andon.ts'
import type { Instant } from '../../../src/pipeline/model/time.ts'
import { openTestDatabase, type TestDatabase } from '../../support/database.ts'
import { FAKE_GITHUB_SECRET, type FakeGitHub, openFakeGitHub } from '../../support/fake-github.ts'
import { randomSeed } from '../../support/measurements.ts'
import { freePort } from '../../support/postgres-cluster.ts'
import { withServer } from '../../support/with-server.ts'
import type { CrashPoint } from './crash-point.ts'
import { andonOptions, type FastWorkerSettings, fastClock } from './fast-clock.ts'

export type WorkerFleet = {
  readonly github: FakeGitHub
  readonly database: TestDatabase
  readonly repository: string
  readonly now: () => Instant
  /** Starts a worker; resolves when it works, or has reached its crash point before. */
  startWorker(crashPoint?: CrashPoint): Promise<Worker>
  /** Starts a process that works and has a door of its own, to which GitHub may deliver. `home` is where its version is. */
  startAll(home?: string): Promise<WorkerWithDoor>
  /** After the death of all workers: works alone, ten seconds at a time, until the work is done; resolves to how many. */
  finishAlone(isOver: () => Promise<boolean>, mostSeconds: number): Promise<number>
  close(): Promise<void>
}

export type Worker = {
  /** Resolves to true at its crash point; to false if it ends first, or takes too long. */
  reachedCrashPoint(withinMs: number): Promise<boolean>
  thaw(): void
  /** The memory that it takes, in MiB; 0 once it has ended. */
  memoryMiB(): number
  kill(): Promise<void>
  /** Ends it as an operator does; resolves when it has ended. */
  stop(): Promise<void>
}

export type WorkerWithDoor = Worker & {
  readonly port: number
  /** Resolves when it works, or has ended. */
  readonly started: Promise<unknown>
}

/** `configuration` is the repository's andon.yml; without one, Andon only observes. */
export async function openWorkerFleet(o: { factor: number; configuration?: string }): Promise<WorkerFleet> {
  const rate = { startedAtMs: Date.now(), factor: o.factor, aheadMs: 0 }
  const now = fastClock(rate)
  const github = await openFakeGitHub({ seed: randomSeed(), now, maxConcurrent: 8 })
  const database = await openTestDatabase('postgres')
  const { appId, privateKey, url: githubUrl } = github
  const databaseUrl = database.url ?? ''
  const settings = { ...rate, appId, privateKey, secret: FAKE_GITHUB_SECRET, githubUrl, databaseUrl }
  const andon = withServer(await openAndon({ ...andonOptions(settings, 'web'), database, now }))
  github.deliveries.setTarget(`http://127.0.0.1:${await andon.listen()}/api/github/webhooks`)
  const [repository = ''] = github.repositories
  if (o.configuration !== undefined) {
    github.writeFile(repository, '.github/andon.yml', o.configuration)
    for (const name of ['plan.yml', 'code.yml'])
      github.writeFile(repository, `.github/workflows/${name}`, readFileSync(`docs/workflows/${name}`, 'utf8'))
  }
  const directory = mkdtempSync(join(tmpdir(), 'andon-works-'))
  const alive = new Set<ChildProcess>()
  let started = 0

  function start(one: Pick<FastWorkerSettings, 'crashPoint' | 'port'>, home = '.') {
    started += 1
    const own = { ...settings, ...one, databaseUrl: `${databaseUrl}?application_name=worker-${started}` }
    const child = spawn(process.execPath, [join(home, 'test/processes/support/fast-worker.ts')], {
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        ANDON_TEST_LOG: process.env.ANDON_TEST_LOG,
        FAST_WORKER: JSON.stringify(own),
        ANDON_DATA: directory,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    alive.add(child)
    child.once('close', () => alive.delete(child))
    return watchWorker(child)
  }

  return {
    github,
    database,
    repository,
    now,
    async startWorker(crashPoint) {
      const worker = start({ crashPoint: crashPoint ?? null, port: null })
      await worker.started
      return worker
    },
    async startAll(home) {
      const port = await freePort()
      return { ...start({ crashPoint: null, port }, home), port }
    },
    async finishAlone(isOver, mostSeconds) {
      for (let seconds = 0; seconds < mostSeconds; seconds += 10) {
        await github.whenIdle()
        await andon.drain()
        if (await isOver()) return seconds
        rate.aheadMs += 10_000
      }
      throw new Error(`the work was not finished after ${mostSeconds} s more`)
    },
    async close() {
      for (const child of alive) child.kill('SIGKILL')
      await Promise.all([...alive].map((child) => once(child, 'close')))
      await andon.close()
      await github.close()
      await database.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function watchWorker(child: ChildProcess): Worker & { readonly started: Promise<unknown> } {
  const ended = once(child, 'close')
  const { promise: crash, resolve } = Promise.withResolvers<void>()
  let hasCrashed = false
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (!text.includes('reached ')) return
    hasCrashed = true
    resolve()
  })
  return {
    started: Promise.race([ended, ...(child.stdout ? [once(child.stdout, 'data')] : [])]),
    async reachedCrashPoint(withinMs) {
      let timer: NodeJS.Timeout | undefined
      const timeout = new Promise((resolve) => {
        timer = setTimeout(resolve, withinMs)
      })
      await Promise.race([crash, ended, timeout])
      clearTimeout(timer)
      return hasCrashed
    },
    thaw: () => void child.kill('SIGCONT'),
    memoryMiB: () => residentMiB(child),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function residentMiB({ pid, exitCode, signalCode }: ChildProcess): number {
  if (exitCode !== null || signalCode !== null) return 0
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes ?? 0) / 1024
}
