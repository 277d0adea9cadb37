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
import { withServer } from '../../support/with-server.ts'
import type { CrashPoint } from './crash-point.ts'
import { andonOptions, fastClock } from './fast-clock.ts'

export type WorkerFleet = {
  readonly github: FakeGitHub
  readonly database: TestDatabase
  readonly repository: string
  readonly now: () => Instant
  /** Starts a worker; resolves when it works, or has reached its crash point before. */
  startWorker(crashPoint?: CrashPoint): Promise<Worker>
  /** After the death of all workers: works alone, ten seconds at a time, until the work is done. */
  finishAlone(isOver: () => Promise<boolean>, mostSeconds: number): Promise<void>
  close(): Promise<void>
}

export type Worker = {
  /** Resolves to true at its crash point; to false if it ends first, or takes too long. */
  reachedCrashPoint(withinMs: number): Promise<boolean>
  thaw(): void
  kill(): Promise<void>
}

/** `configuration` is the repository's andon.yml; without one, Andon only observes. */
export async function openWorkerFleet(o: { factor: number; configuration?: string }): Promise<WorkerFleet> {
  const rate = { startedAtMs: Date.now(), factor: o.factor, aheadMs: 0 }
  const now = fastClock(rate)
  const github = await openFakeGitHub({ seed: randomSeed(), now, maxConcurrent: 8 })
  const database = await openTestDatabase('postgres')
  const { appId, privateKey, url: githubUrl } = github
  const databaseUrl = database.url ?? ''
  const settings = { ...rate, appId, privateKey, secret: FAKE_GITHUB_SECRET, githubUrl, databaseUrl, crashPoint: null }
  const andon = withServer(await openAndon({ ...andonOptions(settings, 'web'), database, now }))
  github.deliveries.setTarget(`http://127.0.0.1:${await andon.listen()}/api/github/webhooks`)
  const [repository = ''] = github.repositories
  if (o.configuration !== undefined) {
    github.writeFile(repository, '.github/andon.yml', o.configuration)
    github.writeFile(repository, '.github/workflows/plan.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
  }
  const directory = mkdtempSync(join(tmpdir(), 'andon-works-'))
  const alive = new Set<ChildProcess>()
  let started = 0

  return {
    github,
    database,
    repository,
    now,
    async startWorker(crashPoint) {
      started += 1
      const own = {
        ...settings,
        databaseUrl: `${databaseUrl}?application_name=worker-${started}`,
        crashPoint: crashPoint ?? null,
      }
      const child = spawn(process.execPath, ['test/processes/support/fast-worker.ts'], {
        env: {
          PATH: process.env.PATH,
          NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
          FAST_WORKER: JSON.stringify(own),
          ANDON_DATA: directory,
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      alive.add(child)
      child.once('close', () => alive.delete(child))
      const worker = watchWorker(child)
      await worker.started
      return worker
    },
    async finishAlone(isOver, mostSeconds) {
      for (let seconds = 0; seconds < mostSeconds; seconds += 10) {
        await github.whenIdle()
        await andon.drain()
        if (await isOver()) return
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
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
