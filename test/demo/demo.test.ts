// The demo as people start it: a process of its own, on free ports, stopped with Ctrl-C.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import { freePort } from '../support/postgres-cluster.ts'

type Demo = {
  readonly child: ChildProcess
  /** Where it keeps what it keeps. */
  readonly scratch: string
  output(): string
  ended(): Promise<number | null>
}

function startDemo(
  { onTestFinished }: TestContext,
  words: readonly string[],
  environment: Record<string, string> = {},
): Demo {
  const scratch = mkdtempSync(join(tmpdir(), 'andon-demo-test-'))
  const child = spawn(process.execPath, ['demo/main.ts', ...words], {
    env: { ...process.env, TMPDIR: scratch, ...environment },
  })
  onTestFinished(() => {
    if (child.exitCode === null) child.kill('SIGKILL')
    rmSync(scratch, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  })
  const ended = once(child, 'close')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part: Buffer) => {
      output += part.toString('utf8')
    })
  }
  return { child, scratch, output: () => output, ended: () => ended.then(([code]) => code) }
}

async function readJson<T>(url: string): Promise<T | null> {
  try {
    const answer = await fetch(url)
    return answer.ok ? ((await answer.json()) as T) : null
  } catch {
    return null
  }
}

function until<T>({ expect }: TestContext, read: () => T | Promise<T>) {
  return expect.poll(read, { timeout: 150_000, interval: 100 })
}

// What takes a minute takes a second and a half.
const HURRIED = '40'

describe.concurrent('the demo', () => {
  test('lets Andon start the stages, once each and through a crash, and Ctrl-C leaves nothing behind', {
    timeout: 320_000,
  }, async (context) => {
    const port = await freePort()
    const began = performance.now()
    const demo = startDemo(context, ['--port', String(port), '--pace', HURRIED])
    const board = `http://127.0.0.1:${port}`
    type Board = { readonly pipelines: readonly { readonly light: string }[] }
    const lights = async () =>
      new Set((await readJson<Board>(`${board}/api/pipelines`))?.pipelines.map((one) => one.light))
    await until(context, async () => (await lights()).size).toBeGreaterThanOrEqual(3)
    const firstLights = Math.round(performance.now() - began)

    await until(context, demo.output).toMatch(/is killed without a warning[\s\S]*is back[\s\S]*Andon starts/)
    await until(context, demo.output).toMatch(/api#(\d+) .*\/andon approve[\s\S]*api#\1 .*Andon starts code/)
    const starts = [...demo.output().matchAll(/(\S+#\d+ +Andon starts .*)/g)].map(([line]) => line)
    expect(new Set(starts).size).toBe(starts.length)
    expect(demo.output()).not.toContain('the scenario of')

    const [, held = ''] = /(http\S+\/issues\/1\.json)/.exec(demo.output()) ?? []
    type Held = { readonly checks: readonly { readonly name: string }[] }
    await until(context, async () => (await readJson<Held>(held))?.checks[0]?.name).toContain('andon / ')
    console.log(`three lights after ${firstLights} ms; ${starts.length} dispatches, none twice`)

    demo.child.kill('SIGINT')
    expect(await demo.ended()).toBe(0)
    expect(demo.output().trimEnd().split('\n').at(-1)).toBe('Stopped.')
    expect(await readJson(`${board}/healthz`)).toBeNull()
    expect(readdirSync(demo.scratch)).toEqual([])
  })

  test('takes Andon with it when it is killed', { timeout: 150_000 }, async (context) => {
    const port = await freePort()
    const demo = startDemo(context, ['--port', String(port)])
    const alive = () => readJson(`http://127.0.0.1:${port}/healthz`)
    await until(context, async () => (await alive()) !== null).toBe(true)
    demo.child.kill('SIGKILL')
    await until(context, alive).toBeNull()
  })

  test('refuses a busy port, a directory it may not write to and an unknown word in one sentence each', {
    timeout: 60_000,
  }, async (context) => {
    const squatter = createServer()
    context.onTestFinished(() => void squatter.close())
    const port = await new Promise<number>((resolve) => {
      squatter.listen(0, '127.0.0.1', () => resolve((squatter.address() as { port: number }).port))
    })
    const bad = [
      { demo: startDemo(context, ['--port', String(port)]), code: 1, says: `port ${port} is in use` },
      {
        demo: startDemo(context, ['--port', String(await freePort())], { TMPDIR: '/proc' }),
        code: 1,
        says: 'set TMPDIR',
      },
      { demo: startDemo(context, ['--port', 'many']), code: 64, says: '--port must be a whole number' },
      { demo: startDemo(context, ['--colour']), code: 64, says: "Unknown option '--colour'" },
    ]
    for (const { demo, code, says } of bad) {
      expect(await demo.ended()).toBe(code)
      expect(demo.output()).toContain(says)
      expect(demo.output().trim().split('\n')).toHaveLength(1)
    }
  })

  test('says what it can be told, in colour on terminals only', async (context) => {
    const demo = startDemo(context, ['--help'])
    expect(await demo.ended()).toBe(0)
    expect(demo.output()).toContain('--pace')
    expect(demo.output().includes('\u001b')).toBe(false)
  })
})
