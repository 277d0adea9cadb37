// Andon as anybody runs it, `node src/main.ts all`, in a process of its own with nothing of this one's environment but
// what it needs.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { FakeGitHub } from '../fake-github/fake-github.ts'
import { Refusal } from './options.ts'

export type AndonProcess = {
  readonly url: string
  /** Resolves with what it said last when it ends without having been asked to. */
  readonly died: Promise<string>
  /** Kills it without a warning and starts it anew; resolves when it is ready again. */
  crash(): Promise<void>
  stop(): Promise<void>
}

type Started = { readonly child: ChildProcess; readonly said: () => string; readonly ended: Promise<unknown> }

/** Starts Andon; resolves when it can take deliveries, throws Refusal with its own sentence when it will not start. */
export async function startAndon(o: {
  github: FakeGitHub
  port: number
  directory: string
  verbose: boolean
  signal: AbortSignal
}): Promise<AndonProcess> {
  const root = resolve(import.meta.dirname, '..')
  const url = `http://127.0.0.1:${o.port}`
  const { promise: died, resolve: dies } = Promise.withResolvers<string>()
  let asked = false

  function begin(): Started {
    const child = spawn(
      process.execPath,
      ['--import', resolve(import.meta.dirname, 'exit-with-parent.ts'), resolve(root, 'src/main.ts'), 'all'],
      // Away from the checkout, whose .env is the developer's.
      { cwd: o.directory, env: environment(o.github, o.port, url, o), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    )
    const said = listen(child, o.verbose)
    const ended = once(child, 'exit').then(() => {
      if (!asked) dies(said())
    })
    return { child, said, ended }
  }

  async function stop(): Promise<void> {
    asked = true
    const { child, ended } = running
    if (hasEnded(child)) return
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    await ended
    clearTimeout(late)
  }

  async function getReady(): Promise<void> {
    const { child, said, ended } = running
    const giveUp = Date.now() + START_MS
    while (!(await isReady(url))) {
      if (o.signal.aborted) {
        await stop()
        throw new Refusal('Stopped.', 0)
      }
      if (hasEnded(child)) throw new Refusal(said() || `Andon ended with ${child.exitCode}.`)
      if (Date.now() > giveUp) {
        await stop()
        throw new Refusal(`Andon was not ready after ${START_MS / 1000} s: ${said()}`)
      }
      await Promise.race([pause(POLL_MS), ended])
    }
  }

  let running = begin()
  await getReady()
  return {
    url,
    died,
    async crash() {
      if (asked) return
      asked = true
      running.child.kill('SIGKILL')
      await running.ended
      if (o.signal.aborted) return
      asked = false
      running = begin()
      await getReady()
    },
    stop,
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

const START_MS = 90_000
const POLL_MS = 150
// Longer than Andon needs to finish what is in hand.
const PATIENCE_MS = 20_000

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
    APP_ID: String(github.appId),
    PRIVATE_KEY: github.privateKey,
    WEBHOOK_SECRET: github.webhookSecret,
    GITHUB_API_URL: github.url,
    GITHUB_URL: github.url,
    OIDC_ISSUER: github.oidcIssuer,
    ANDON_ACCESS: 'open',
    ANDON_DATA: o.directory,
    LOG_LEVEL: o.verbose ? 'info' : 'warn',
  }
}

/** Keeps what it wrote to stderr last, which is where it says why it cannot go on. */
function listen(child: ChildProcess, verbose: boolean): () => string {
  let complaint = ''
  child.stderr?.on('data', (part: Buffer) => {
    complaint = (complaint + part.toString('utf8')).slice(-KEPT)
    if (verbose) process.stderr.write(part)
  })
  child.stdout?.on('data', (part: Buffer) => {
    if (verbose) process.stderr.write(part)
  })
  return () => tellingLine(complaint.trim().split('\n'))
}

const KEPT = 4_000

// Its own sentence; failing that the error that ended it, which Node prints some lines before the end.
function tellingLine(lines: readonly string[]): string {
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
