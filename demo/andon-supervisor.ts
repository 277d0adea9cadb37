// Andon as operators run it, `node src/main.ts all`, in its own process, with only what it needs of this one's
// environment.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { environmentOf } from '../fake-github/environment.ts'
import type { FakeGitHub } from '../fake-github/fake-github.ts'
import { StartupError } from './options.ts'

/** A supervised Andon: it is restarted after its crash. */
export type AndonSupervisor = {
  readonly url: string
  /** Resolves with its last output when it ends by itself. */
  readonly exitedUnexpectedly: Promise<string>
  /** Kills it without a warning and restarts it; resolves when it is ready again. */
  crash(): Promise<void>
  stop(): Promise<void>
}

type RunningProcess = {
  readonly child: ChildProcess
  readonly lastError: () => string
  readonly exited: Promise<unknown>
}

/** Starts Andon; resolves when it accepts deliveries, throws StartupError with Andon's own sentence when it does not start. */
export async function startAndon(o: {
  github: FakeGitHub
  port: number
  directory: string
  verbose: boolean
  signal: AbortSignal
}): Promise<AndonSupervisor> {
  const root = resolve(import.meta.dirname, '..')
  const url = `http://127.0.0.1:${o.port}`
  const { promise: exitedUnexpectedly, resolve: dies } = Promise.withResolvers<string>()
  let isStopAsked = false

  function begin(): RunningProcess {
    const child = spawn(
      process.execPath,
      ['--import', resolve(import.meta.dirname, 'exit-with-parent.ts'), resolve(root, 'src/main.ts'), 'all'],
      // Outside the checkout, whose .env is the developer's.
      { cwd: o.directory, env: environment(o.github, o.port, url, o), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    )
    const lastOutput = captureStderr(child, o.verbose)
    const ended = once(child, 'exit').then(() => {
      if (!isStopAsked) dies(lastOutput())
    })
    return { child, lastError: lastOutput, exited: ended }
  }

  async function stop(): Promise<void> {
    isStopAsked = true
    const { child, exited } = running
    if (hasExited(child)) return
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(late)
  }

  async function getReady(): Promise<void> {
    const { child, lastError, exited: ended } = running
    const giveUp = Date.now() + START_TIMEOUT_MS
    while (!(await isReady(url))) {
      if (o.signal.aborted) {
        await stop()
        throw new StartupError('Stopped.', 0)
      }
      if (hasExited(child)) throw new StartupError(lastError() || `Andon ended with ${child.exitCode}.`)
      if (Date.now() > giveUp) {
        await stop()
        throw new StartupError(`Andon was not ready after ${START_TIMEOUT_MS / 1000} s: ${lastError()}`)
      }
      await Promise.race([pause(POLL_MS), ended])
    }
  }

  let running = begin()
  await getReady()
  return {
    url,
    exitedUnexpectedly,
    async crash() {
      if (isStopAsked) return
      isStopAsked = true
      running.child.kill('SIGKILL')
      await running.exited
      if (o.signal.aborted) return
      isStopAsked = false
      running = begin()
      await getReady()
    },
    stop,
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

const START_TIMEOUT_MS = 90_000
const POLL_MS = 150
// Longer than Andon needs to finish its current work.
const STOP_TIMEOUT_MS = 20_000

function environment(
  github: FakeGitHub,
  port: number,
  url: string,
  o: { directory: string; verbose: boolean },
): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return {
    PATH,
    HOME,
    ...(TMPDIR !== undefined && { TMPDIR }),
    PORT: String(port),
    HOST: '127.0.0.1',
    BASE_URL: url,
    ...environmentOf(github),
    ANDON_DATA: o.directory,
    LOG_LEVEL: o.verbose ? 'info' : 'warn',
  }
}

/** Keeps the end of stderr, which says why it cannot continue. */
function captureStderr(child: ChildProcess, verbose: boolean): () => string {
  let complaint = ''
  child.stderr?.on('data', (part: Buffer) => {
    complaint = (complaint + part.toString('utf8')).slice(-MAX_STDERR_CHARACTERS)
    if (verbose) process.stderr.write(part)
  })
  child.stdout?.on('data', (part: Buffer) => {
    if (verbose) process.stderr.write(part)
  })
  return () => lastErrorLine(complaint.trim().split('\n'))
}

const MAX_STDERR_CHARACTERS = 4_000

// Andon's own sentence, or else the error that ended it, which Node prints some lines before the end.
function lastErrorLine(lines: readonly string[]): string {
  const own = lines.findLast((line) => line.startsWith('andon: '))
  const error = lines.findLast((line) => /^(\w*Error|Uncaught)\b/.test(line))
  return (own ?? error ?? lines.at(-1) ?? '').replace(/^andon: /, '')
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1_000) })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    return false
  }
}
