// The demo as people start it: a process of its own, on free ports, stopped with Ctrl-C.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from '../support/cluster.ts'

const started: ChildProcess[] = []
let scratch = ''

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'andon-demo-test-'))
})

afterEach(() => {
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
  rmSync(scratch, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

type Demo = { readonly child: ChildProcess; output(): string; ended(): Promise<number | null> }

function startDemo(words: readonly string[], environment: Record<string, string> = {}): Demo {
  const child = spawn(process.execPath, ['demo/main.ts', ...words], {
    env: { ...process.env, TMPDIR: scratch, ...environment },
  })
  started.push(child)
  const ended = once(child, 'close')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part: Buffer) => {
      output += part.toString('utf8')
    })
  }
  return { child, output: () => output, ended: () => ended.then(([code]) => code) }
}

type Board = { readonly pipelines: readonly { readonly light: string; readonly health: string }[] }

async function readJson<T>(url: string): Promise<T | null> {
  try {
    const answer = await fetch(url)
    return answer.ok ? ((await answer.json()) as T) : null
  } catch {
    return null
  }
}

test('the demo shows lights, comments and checks within a minute, and Ctrl-C leaves nothing behind', {
  timeout: 320_000,
}, async () => {
  const port = await freePort()
  const began = performance.now()
  const demo = startDemo(['--port', String(port), '--fast'])
  const board = `http://127.0.0.1:${port}`
  const lights = () =>
    readJson<Board>(`${board}/api/pipelines`).then((read) => (read?.pipelines ?? []).map(({ light }) => light))
  await expect.poll(async () => (await lights()).length, { timeout: 100_000, interval: 250 }).toBeGreaterThanOrEqual(3)
  const firstLights = Math.round(performance.now() - began)
  await expect
    .poll(async () => new Set(await lights()).size, { timeout: 100_000, interval: 250 })
    .toBeGreaterThanOrEqual(3)
  const [, held = ''] = /(http\S+\/issues\/1\.json)/.exec(demo.output()) ?? []
  type Held = { readonly comments: readonly { readonly by: string }[]; readonly checks: readonly unknown[] }
  const shown = async () => {
    const issue = await readJson<Held>(held)
    return (issue?.comments.some(({ by }) => by === 'andon[bot]') ?? false) && (issue?.checks.length ?? 0) > 0
  }
  await expect.poll(shown, { timeout: 100_000, interval: 250 }).toBe(true)
  const all = await readJson<Board>(`${board}/api/pipelines`)
  console.log(
    `three lights after ${firstLights} ms: ${all?.pipelines.map(({ light, health }) => `${light}/${health}`).join(' ')}`,
  )
  demo.child.kill('SIGINT')
  expect(await demo.ended()).toBe(0)
  expect(demo.output().trimEnd().split('\n').at(-1)).toBe('Stopped.')
  expect(await readJson(`${board}/healthz`)).toBeNull()
  expect(readdirSync(scratch)).toEqual([])
})

test('Andon starts the stages itself, hears from them, and is killed in the middle without starting any twice', {
  timeout: 320_000,
}, async () => {
  const port = await freePort()
  const demo = startDemo(['--port', String(port), '--fast'])
  type Told = { light: string; stages: { name: string; attempts: { key: string | null; runId: number | null }[] }[] }
  // The first issue of the morning, after two of the night and a question.
  const first = () =>
    readJson<Told & { progressAt: string | null }>(`http://127.0.0.1:${port}/api/pipelines/acme/widgets/4`)
  await expect.poll(async () => (await first())?.progressAt, { timeout: 150_000, interval: 250 }).toBeTruthy()
  await expect.poll(async () => (await first())?.light, { timeout: 150_000, interval: 250 }).toBe('done')
  expect(demo.output()).toContain('is killed without a warning')
  expect(demo.output()).toContain('is back')
  const attempts = (await first())?.stages.flatMap(({ attempts }) => attempts) ?? []
  console.log(`started once each: ${attempts.map(({ key }) => key).join(' ')}`)
  expect(attempts.map(({ key }) => key?.replace(/-.*/, ''))).toEqual(['4/plan/1', '4/code/1', '4/test/1'])
  expect(new Set(attempts.map(({ runId }) => runId)).size).toBe(3)
  demo.child.kill('SIGINT')
  expect(await demo.ended()).toBe(0)
})

test('killed, the demo takes Andon with it', { timeout: 150_000 }, async () => {
  const port = await freePort()
  const demo = startDemo(['--port', String(port)])
  const alive = () => readJson(`http://127.0.0.1:${port}/healthz`)
  await expect.poll(async () => (await alive()) !== null, { timeout: 100_000, interval: 250 }).toBe(true)
  demo.child.kill('SIGKILL')
  await expect.poll(alive, { timeout: 30_000, interval: 250 }).toBeNull()
})

test('a busy port, a directory it may not write to and an unknown word are one sentence each', {
  timeout: 60_000,
}, async () => {
  const squatter = createServer()
  const port = await new Promise<number>((resolve) => {
    squatter.listen(0, '127.0.0.1', () => resolve((squatter.address() as { port: number }).port))
  })
  const bad = [
    { demo: startDemo(['--port', String(port)]), code: 1, says: `port ${port} is in use` },
    { demo: startDemo(['--port', String(await freePort())], { TMPDIR: '/proc' }), code: 1, says: 'set TMPDIR' },
    { demo: startDemo(['--port', 'many']), code: 64, says: '--port must be a whole number' },
    { demo: startDemo(['--colour']), code: 64, says: "Unknown option '--colour'" },
  ]
  for (const { demo, code, says } of bad) {
    expect(await demo.ended()).toBe(code)
    expect(demo.output()).toContain(says)
    expect(demo.output().trim().split('\n')).toHaveLength(1)
  }
  squatter.close()
})

test('help is help, and colour is for terminals', async () => {
  const demo = startDemo(['--help'])
  expect(await demo.ended()).toBe(0)
  expect(demo.output()).toContain('--pace')
  expect(demo.output().includes('\u001b')).toBe(false)
})
