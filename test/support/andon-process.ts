// Andon as operators run it: `node src/main.ts ROLE` in its own process with its own environment.
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { WEBHOOK_SECRET } from './deliveries.ts'
import { freePort } from './postgres-cluster.ts'

export type ProcessExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

export type AndonProcess = {
  readonly role: string
  readonly port: number
  readonly url: string
  readonly pid: number
  /** Its output so far, both streams. */
  output(): string
  /** Its stderr so far. */
  stderr(): string
  /** Sends the signal and waits for the end; an ended process gets none. */
  stop(signal?: NodeJS.Signals): Promise<ProcessExit>
  /** Stops the process: it neither runs nor answers until `thaw`. */
  freeze(): void
  thaw(): void
  /** Resolves when it ends by itself. */
  exited(): Promise<ProcessExit>
  /** Resolves when /readyz answers 200; rejects with its output if it ends or takes longer. */
  ready(withinMs?: number): Promise<void>
}

/** A private key that no GitHub knows, made once per test process. */
function privateKey(): string {
  cachedKey ??= generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  }).privateKey
  return cachedKey
}
let cachedKey: string | undefined

/**
 * Starts a role or a command with nothing of the test's environment but the PATH and the compile cache; `undefined`
 * unsets a name. `through` is a command that starts it, such as one that makes a namespace; `home` is where its version is.
 */
export async function startAndonProcess(
  role: string,
  environment: Readonly<Record<string, string | undefined>> = {},
  words: readonly string[] = [],
  through: readonly string[] = [],
  home = '.',
): Promise<AndonProcess> {
  const port = Number(environment.PORT ?? (await freePort()))
  const directory = mkdtempSync(join(tmpdir(), `andon-${role}-`))
  const [command = process.execPath, ...prefix] = [...through, process.execPath]
  const child = spawn(command, [...prefix, resolve(home, 'src/main.ts'), role, ...words], {
    // Outside the repository, whose .env is the developer's.
    cwd: directory,
    env: withoutUndefined({
      ...DEFAULT_ENVIRONMENT,
      PRIVATE_KEY: privateKey(),
      ANDON_DATA: join(directory, 'data'),
      ...environment,
      PORT: environment.PORT ?? `${port}`,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  runningChildren.add(child)
  const printed = { both: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.both += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.both += text
    printed.stderr += text
  })
  // `close` comes after `exit`, when all output has been read.
  const end: Promise<ProcessExit> = once(child, 'close').then(([code, signal]) => {
    runningChildren.delete(child)
    rmSync(directory, { recursive: true, force: true })
    return { code, signal }
  })
  const andon: AndonProcess = {
    role,
    port,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    output: () => printed.both,
    stderr: () => printed.stderr,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return end
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    exited: () => end,
    async ready(withinMs = 30_000) {
      await waitUntil(`${role} on port ${port} is ready`, () => isResponding(`${andon.url}/readyz`), {
        withinMs,
        giveUp: () => (runningChildren.has(child) ? null : `it ended:\n${printed.both}`),
      })
    },
  }
  return andon
}

/** Kills every process that is left; call it after each file. */
export async function stopAllProcesses(): Promise<void> {
  const left = [...runningChildren]
  for (const child of left) child.kill('SIGKILL')
  await Promise.all(left.map((child) => once(child, 'close')))
}
const runningChildren = new Set<ChildProcess>()

/** Asks until the answer is yes; fails with the sentence at the timeout. */
export async function waitUntil(
  sentence: string,
  condition: () => Promise<boolean> | boolean,
  o: { withinMs?: number; everyMs?: number; giveUp?: () => string | null } = {},
): Promise<void> {
  const { withinMs = 30_000, everyMs = 50, giveUp = () => null } = o
  const deadline = Date.now() + withinMs
  while (!(await condition())) {
    const reason = giveUp() ?? (Date.now() > deadline ? `not within ${withinMs} ms` : null)
    if (reason !== null) throw new Error(`${sentence}: ${reason}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

const DEFAULT_ENVIRONMENT = {
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
  HOST: '127.0.0.1',
  APP_ID: '1',
  WEBHOOK_SECRET,
  ANDON_ACCESS: 'open',
  LOG_LEVEL: 'info',
  // Nothing listens there: a test that needs a GitHub sets its own.
  GITHUB_API_URL: 'http://127.0.0.1:9',
}

async function isResponding(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).status === 200
  } catch {
    return false
  }
}

function withoutUndefined(environment: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined))
}
