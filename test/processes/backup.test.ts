// A backup of the embedded database, made beside a running Andon or without one, becomes the same board again.
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../fake-github/random.ts'
import { type AndonProcess, startAndonProcess, stopAllProcesses } from '../support/andon-process.ts'
import { readAllRows } from '../support/board-api.ts'
import { openHttpClient } from '../support/http-load.ts'
import { openTraceStream } from '../support/trace-stream.ts'

const DELIVERIES = 40
const scratch = mkdtempSync(join(tmpdir(), 'andon-backup-'))
const pathOf = (name: string) => join(scratch, name)
const client = openHttpClient()
const stream = openTraceStream(seededRandom(1), 'backup', 12)

beforeAll(async () => {
  const andon = await start('first')
  await deliver(andon)
  await andon.stop()
})

afterAll(async () => {
  client.close()
  await stopAllProcesses()
  rmSync(scratch, { recursive: true, force: true })
})

test('what a running Andon had accepted is on the board of another folder, and what came later is not', async () => {
  const andon = await start('first')
  const before = await boardOf(andon)
  expect(before.length).toBeGreaterThan(0)
  expect(await command('backup', 'first', pathOf('running'))).toMatchObject({ code: 0 })
  await deliver(andon)
  expect(await boardOf(andon)).not.toEqual(before)
  expect(await command('restore', 'first', pathOf('running'), '--replace')).toEqual({
    code: 78,
    output: expect.stringMatching(/^andon: .* is in use by process \d+ on [^\n]+: stop it[^\n]*\n$/),
  })
  await andon.stop()

  expect(statSync(pathOf('running')).mode & 0o777).toBe(0o600)
  expect(await command('restore', 'second', pathOf('running'))).toMatchObject({ code: 0 })
  const restored = await start('second')
  expect(await boardOf(restored)).toEqual(before)
  await restored.stop()
})

test('a backup without a running Andon replaces a database only on demand, and sets it aside', async () => {
  expect(await command('backup', 'first', pathOf('stopped'))).toMatchObject({ code: 0 })
  const refused = await command('restore', 'first', pathOf('stopped'))
  expect(refused).toEqual({ code: 1, output: expect.stringMatching(/^andon: .* holds a database already: [^\n]*\n$/) })
  expect(await command('restore', 'first', pathOf('stopped'), '--replace')).toMatchObject({ code: 0 })
  const names = readdirSync(pathOf('first')).filter((name) => name.startsWith('postgres'))
  expect(names.sort()).toEqual(['postgres', expect.stringMatching(/^postgres\.replaced-/)])
})

test('a backup overwrites a file only on demand, and whole', async () => {
  writeFileSync(pathOf('kept'), 'mine')
  const refused = await command('backup', 'first', pathOf('kept'))
  expect(refused).toEqual({ code: 1, output: expect.stringMatching(/^andon: .* exists: add --replace\.\n$/) })
  expect(readFileSync(pathOf('kept'), 'utf8')).toBe('mine')
  chmodSync(pathOf('kept'), 0o644)
  expect(await command('backup', 'first', pathOf('kept'), '--replace')).toMatchObject({ code: 0 })
  expect(statSync(pathOf('kept')).mode & 0o777).toBe(0o600)
  expect(readdirSync(scratch).filter((name) => name.includes('draft'))).toEqual([])
})

test('a damaged file changes nothing', async () => {
  await command('backup', 'first', pathOf('whole'))
  const whole = readFileSync(pathOf('whole'))
  writeFileSync(pathOf('half'), whole.subarray(0, whole.length / 2))
  writeFileSync(pathOf('text'), 'hello')
  writeFileSync(pathOf('empty'), '')
  for (const name of ['half', 'text', 'empty']) {
    const { code, output } = await command('restore', 'first', pathOf(name), '--replace')
    expect({ name, code, output }).toEqual({ name, code: 65, output: expect.stringMatching(/^andon: [^\n]+\.\n$/) })
  }
  expect(readdirSync(pathOf('first')).filter((name) => name.includes('draft'))).toEqual([])
  const andon = await start('first')
  expect((await boardOf(andon)).length).toBeGreaterThan(0)
  await andon.stop()
})

test.each([
  ['backup', [], 64],
  ['backup', ['a', 'b'], 64],
  ['restore', ['--force'], 64],
  ['backup', [pathOf('none/file')], 1],
  ['restore', [pathOf('none')], 1],
] as const)('`%s` with %j ends with one sentence', async (verb, words, code) => {
  const ended = await command(verb, 'first', ...words)
  expect(ended).toEqual({ code, output: expect.stringMatching(/^andon: [^\n]+\.\n$/) })
})

test('a folder without a database has no backup, and Postgres has pg_dump', async () => {
  expect((await command('backup', 'nothing', pathOf('nothing-file'))).code).toBe(1)
  expect(existsSync(pathOf('nothing'))).toBe(false)
  const andon = await startAndonProcess('backup', { DATABASE_URL: 'postgres://localhost/andon' }, [pathOf('x')])
  expect((await andon.exited()).code).toBe(1)
  expect(andon.output()).toContain('pg_dump')
})

async function start(directory: string): Promise<AndonProcess> {
  const andon = await startAndonProcess('all', { ANDON_DATA: pathOf(directory) })
  await andon.ready()
  return andon
}

async function command(verb: string, directory: string, ...words: readonly string[]) {
  const andon = await startAndonProcess(verb, { ANDON_DATA: pathOf(directory) }, words)
  const { code } = await andon.exited()
  return { code, output: andon.output() }
}

async function deliver(andon: AndonProcess): Promise<void> {
  for (let sent = 0; sent < DELIVERIES; sent++) expect((await client.post(andon.url, stream.next())).status).toBe(202)
}

async function boardOf(andon: AndonProcess) {
  const rows = await readAllRows(andon.url)
  return rows.map(({ repository, issue, stage, light }) => ({ repository, issue, stage, light }))
}
