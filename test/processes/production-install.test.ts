// The Dockerfile without a container engine: its COPY and RUN lines are replayed into an empty folder, and its roles are
// started there by another user, who may write to nothing but the data folder. And the Procfile's lines.
import { execFile, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitUntil } from '../support/andon-process.ts'
import { openTestDatabase } from '../support/database.ts'
import { WEBHOOK_SECRET } from '../support/deliveries.ts'
import { freePort } from '../support/postgres-cluster.ts'

const run = promisify(execFile)
const scratch = mkdtempSync(join(tmpdir(), 'andon-image-'))
const STAGES = { install: join(scratch, 'install'), final: join(scratch, 'final') }
const NODE = join(scratch, 'bin', 'node')
/** Root's tests act as `nobody`; those of another user rely on the folder's modes alone. */
const USER = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
const instructions = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', ' ').split('\n')
const database = await openTestDatabase('postgres')
const environment = {
  PATH: `${dirname(NODE)}${delimiter}${process.env.PATH}`,
  DATABASE_URL: database.url,
  BASE_URL: 'https://andon.example.com',
  APP_ID: '1',
  PRIVATE_KEY: newKey(),
  WEBHOOK_SECRET,
  GITHUB_API_URL: 'http://127.0.0.1:9',
  ANDON_SECRET: 'a'.repeat(64),
  ...Object.fromEntries(argumentsOf('ENV').flatMap((line) => line.split(' ').map((pair) => pair.split('=')))),
  ANDON_DATA: join(scratch, 'data'),
}

beforeAll(async () => {
  mkdirSync(dirname(NODE))
  copyFileSync(process.execPath, NODE)
  chmodSync(scratch, 0o755)
  mkdirSync(environment.ANDON_DATA, { mode: 0o700 })
  if (USER.uid !== undefined) chownSync(environment.ANDON_DATA, USER.uid, USER.gid)
  await replay()
  await run('chmod', ['-R', 'a+rX,a-w', STAGES.final])
}, 120_000)

afterAll(async () => {
  await database.close()
  await run('chmod', ['-R', 'u+w', scratch])
  rmSync(scratch, { recursive: true, force: true })
})

test('the image migrates, serves and is healthy, as another user on a tree that is read only', async () => {
  expect((await start(['migrate']).ended).code).toBe(0)
  const port = await freePort()
  const [, health = ''] = /CMD (\[.*\])/.exec(argumentsOf('HEALTHCHECK')[0] ?? '') ?? []
  const [, ...words]: readonly string[] = JSON.parse(health)
  const isHealthy = async () => (await start([], port, words).ended).code === 0
  expect(await isHealthy()).toBe(false)
  const web = start(JSON.parse(argumentsOf('CMD')[0] ?? ''), port)
  await waitUntil('the image is healthy', isHealthy)
  web.child.kill('SIGTERM')
  expect(await web.ended).toMatchObject({ code: 0 })
  expect((await start(['worker', '--iterations', '1']).ended).code).toBe(0)
  expect(await start(['init', environment.ANDON_DATA, '--agent', 'claude-code']).ended).toMatchObject({ code: 0 })
})

test('the image has no tests, no tools and no Node but its own', async () => {
  const { stdout } = await run('ls', ['-A', STAGES.final])
  expect(stdout.trim().split('\n').sort()).toEqual(
    ['app.yml', 'docs', 'migrations', 'node_modules', 'package.json', 'public', 'src', 'views'].sort(),
  )
  const packages = (await run('ls', [join(STAGES.final, 'node_modules')])).stdout.split('\n')
  expect(packages).toContain('pg')
  expect(packages.filter((name) => /^(node-linux|typescript|vitest|knip|nock)/.test(name))).toEqual([])
  const { stdout: size } = await run('du', ['-sm', STAGES.final])
  expect(Number.parseInt(size, 10)).toBeLessThan(130)
}, 60_000)

test('the Procfile runs each role under the Node that `npm ci` brings, and ends with it', async () => {
  const lines = readFileSync('Procfile', 'utf8').trim().split('\n')
  const commands = new Map(lines.map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]))
  expect([...commands.keys()]).toEqual(['release', 'web', 'worker'])
  for (const [name, command] of commands) {
    const role = name === 'release' ? 'migrate' : name
    expect(command).toBe(`PATH="$PWD/node_modules/.bin:$PATH" exec node src/main.ts ${role}`)
  }
  const child = spawn('sh', ['-c', commands.get('release') ?? ''], { env: environment, stdio: 'ignore' })
  expect(await once(child, 'exit')).toEqual([0, null])
})

/** What follows an instruction in the last stage, line by line. */
function argumentsOf(instruction: string): readonly string[] {
  const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')))
  return last.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.slice(instruction.length + 1))
}

async function replay(): Promise<void> {
  const context = readFileSync('.dockerignore', 'utf8').split('\n')
  let stage = STAGES.install
  for (const line of instructions) {
    const [instruction, ...words] = line.split(' ')
    if (instruction === 'FROM') {
      stage = line.endsWith(' AS install') ? STAGES.install : STAGES.final
      mkdirSync(stage)
    }
    if (instruction === 'RUN' && stage === STAGES.install) {
      // What the checkout's own `npm ci` has downloaded is not downloaded again.
      const env = { ...process.env, npm_config_prefer_offline: 'true' }
      await run('sh', ['-c', words.join(' ')], { cwd: stage, env })
    }
    if (instruction !== 'COPY') continue
    const fromInstall = words[0] === '--from=install'
    const sources = words.slice(fromInstall ? 1 : 0, -1)
    for (const source of sources) {
      if (!fromInstall) expect(context).toContain(`!${source}`)
      const from = fromInstall ? source.replace('/andon', STAGES.install) : resolve(source)
      const to = sources.length > 1 ? basename(source) : (words.at(-1) ?? '')
      cpSync(from, join(stage, to), { recursive: true, verbatimSymlinks: true })
    }
  }
}

function start(words: readonly string[], port = 0, before: readonly string[] = ['src/main.ts']) {
  const child = spawn(NODE, [...before, ...words], {
    cwd: STAGES.final,
    env: { ...environment, PORT: `${port}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...USER,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, output })) }
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
