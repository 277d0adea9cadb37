// A bad start ends with 78 (EX_CONFIG) and a sentence for each mistake that says what to do, before anything listens.
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { type AndonProcess, startAndonProcess, stopAllProcesses } from '../support/andon-process.ts'
import { openTestDatabase } from '../support/database.ts'
import { recordMeasurements } from '../support/measurements.ts'

let refusals = 0

afterAll(async () => {
  await stopAllProcesses()
  recordMeasurements('bad-starts', { faults: refusals, wrong: 0, 'exit code': 78 })
})

type Environment = Readonly<Record<string, string | undefined>>

const BAD_STARTS: readonly { name: string; role?: string; environment: Environment; says: RegExp }[] = [
  { name: 'no webhook secret', environment: { WEBHOOK_SECRET: undefined }, says: /WEBHOOK_SECRET/ },
  { name: "Probot's public secret", environment: { WEBHOOK_SECRET: 'development' }, says: /WEBHOOK_SECRET/ },
  { name: 'a secret of 10 characters', environment: { WEBHOOK_SECRET: 'abcdefghij' }, says: /WEBHOOK_SECRET/ },
  {
    name: 'one weak secret of two',
    environment: { WEBHOOK_SECRET: `${'x'.repeat(40)},short` },
    says: /WEBHOOK_SECRET/,
  },
  { name: 'no App id', environment: { APP_ID: undefined }, says: /APP_ID/ },
  { name: 'no private key', environment: { PRIVATE_KEY: undefined }, says: /PRIVATE_KEY/ },
  { name: 'a key that is no PEM', environment: { PRIVATE_KEY: '-----BEGIN nonsense' }, says: /PRIVATE_KEY/ },
  { name: 'an API address that is no URL', environment: { GITHUB_API_URL: 'api.github' }, says: /GITHUB_API_URL/ },
  { name: 'a base address that is no URL', environment: { BASE_URL: 'ftp://andon' }, says: /BASE_URL/ },
  { name: 'a database address that is no URL', environment: { DATABASE_URL: 'localhost' }, says: /DATABASE_URL/ },
  { name: 'a port that is no number', environment: { PORT: 'eighty' }, says: /PORT/ },
  { name: 'production without a database', environment: { NODE_ENV: 'production' }, says: /DATABASE_URL/ },
  {
    name: 'a webhook proxy in production',
    environment: { NODE_ENV: 'production', WEBHOOK_PROXY_URL: 'https://smee.io/a-channel' },
    says: /WEBHOOK_PROXY_URL is for development only/,
  },
  {
    name: 'a misspelt name of ours',
    environment: { ANDON_ACCESS: undefined, ANDON_ACESS: 'open' },
    says: /did you mean ANDON_ACCESS\?/,
  },
  {
    name: 'four mistakes at once',
    environment: { APP_ID: undefined, PORT: 'x', WEBHOOK_SECRET: 'short', LOG_LEVEL: 'loud' },
    says: /LOG_LEVEL.*\n.*PORT.*\n.*APP_ID.*\n.*WEBHOOK_SECRET/,
  },
  { name: 'web without a database', role: 'web', environment: {}, says: /DATABASE_URL/ },
  { name: 'worker without a database', role: 'worker', environment: {}, says: /DATABASE_URL/ },
  { name: 'migrate without a database', role: 'migrate', environment: {}, says: /DATABASE_URL/ },
]

test.concurrent.each(BAD_STARTS)('$name is refused', async ({ role = 'all', environment, says }) => {
  const andon = await startAndonProcess(role, { DATABASE_URL: undefined, ...environment })
  const listened = await everListens(andon)
  await refused(andon, says)
  expect(listened).toBe(false)
})

test('a port in use is refused', async () => {
  const database = await openTestDatabase('postgres')
  const other = createServer((_req, res) => res.end('mine')).listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as { port: number }
  try {
    await refused(await startAndonProcess('all', { DATABASE_URL: database.url, PORT: `${port}` }), /port \d+ .* in use/)
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('mine')
  } finally {
    other.close()
    await database.close()
  }
})

async function refused(andon: AndonProcess, says: RegExp): Promise<void> {
  const { code } = await andon.exited()
  const complaint = andon.stderr()
  expect(complaint).toMatch(/^(andon: [^\n]+[.?]\n)+$/)
  expect(complaint).toMatch(says)
  expect(code).toBe(78)
  refusals += 1
}

async function everListens(andon: AndonProcess): Promise<boolean> {
  let over = false
  void andon.exited().then(() => {
    over = true
  })
  while (!over) {
    if (await accepts(andon.port)) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}

function accepts(port: number): Promise<boolean> {
  if (!Number.isInteger(port)) return Promise.resolve(false)
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
}
