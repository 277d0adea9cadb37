// `doctor` against a setup that is well, and against one mistake at a time: it names that cause and no other.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collectReadings } from '../../src/cli/collect-readings.ts'
import { readPartialConfig } from '../../src/config.ts'
import { examine } from '../../src/doctor/examine.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { type AndonProcess, startAndonProcess, stopAllProcesses } from '../support/andon-process.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { withClient } from '../support/database-template.ts'
import { FAKE_GITHUB_SECRET, type FakeGitHub, openFakeGitHub } from '../support/fake-github.ts'
import { recordMeasurements } from '../support/measurements.ts'
import { openProxy, openServer, openSilence, type ProxyFaults } from './support/misbehaving-proxy.ts'
import { MISCONFIGURATIONS, type Setup } from './support/misconfigurations.ts'

let andon: AndonProcess
let database: TestDatabase
let anyGitHub: FakeGitHub
let named = 0

const SECRETS = { WEBHOOK_SECRET: FAKE_GITHUB_SECRET, ANDON_SECRET: 'a-secret-that-seals-tokens-of-people' }

beforeAll(async () => {
  anyGitHub = await openFakeGitHub()
  database = await openTestDatabase('postgres')
  andon = await startAndonProcess('all', {
    ...credentialsOf(anyGitHub),
    DATABASE_URL: database.url,
    ANDON_ACCESS: undefined,
  })
  await andon.ready()
})

afterAll(async () => {
  await stopAllProcesses()
  await anyGitHub.close()
  await database.close()
  recordMeasurements('doctor', { faults: MISCONFIGURATIONS.length, wrong: MISCONFIGURATIONS.length - named })
})

test.concurrent('a setup without a mistake is well', () =>
  withSetup({}, async ({ environment, github }) => {
    const before = await countRows()
    const { code, output } = await run(environment)
    expect(output).not.toMatch(/WRONG|\? {2}/)
    expect(output).toMatch(/\nAll is well\.\n$/)
    expect(code).toBe(0)
    expect(output).not.toContain('\u001b')
    expect(github.writes.all.filter(({ path }) => path !== '/login/oauth/access_token')).toEqual([])
    expect(await countRows()).toEqual(before)
  }))

test.concurrent.each(MISCONFIGURATIONS)('$name is named, and nothing else', ({ cause, proxy, make }) =>
  withSetup(proxy, async (setup) => {
    const findings = await examineWith({ ...setup.environment, ...(await make?.(setup)) })
    const wrong = findings.filter(({ state }) => state === 'wrong' || state === 'unknown')
    expect(wrong, JSON.stringify(wrong, null, 2)).toHaveLength(1)
    expect(wrong[0]).toMatchObject({ cause, state: 'wrong' })
    expect(`${wrong[0]?.what} ${wrong[0]?.todo ?? ''}`).not.toMatch(/undefined|\[object|\n/)
    named += 1
  }),
)

test.concurrent('every permission and event that is missing is named, with the address where it is granted', async () => {
  const github = await openFakeGitHub({ grant: MISSING_GRANT })
  try {
    const findings = await examineWith(healthyEnvironment(github, andon.url))
    const wrong = findings.filter(({ check }) => check === 'permissions' || check === 'events')
    expect(wrong.map(({ cause, what }) => [cause, what])).toEqual([
      ['permission-missing', 'the App lacks checks: write'],
      ['permission-missing', 'the App lacks actions: write'],
      ['event-missing', 'the App does not subscribe to check_run'],
      ['event-missing', 'the App does not subscribe to push'],
    ])
    const page = `${github.url}/organizations/acme/settings/apps/andon/permissions`
    for (const { todo } of wrong) expect(todo).toContain(page)
    // What the App has not, its installations cannot accept.
    expect(findings.find(({ check }) => check === 'installations')?.state).toBe('ok')
  } finally {
    await github.close()
  }
})

test.concurrent('with every part missing or silent the doctor still answers, in bounded time', async () => {
  const silent = await openSilence()
  try {
    const startedAt = Date.now()
    const { code, output } = await run({
      ...SECRETS,
      APP_ID: '1',
      BASE_URL: silent.url,
      GITHUB_API_URL: silent.url,
      GITHUB_URL: silent.url,
      DATABASE_URL: `postgres://andon@${new URL(silent.url).host}/andon`,
      ANDON_ACCESS: 'open',
    })
    expect(output).toMatch(/GitHub does not answer now/)
    expect(output).toMatch(/no answer within|timeout/i)
    expect(code).toBe(1)
    expect(Date.now() - startedAt).toBeLessThan(20_000)
  } finally {
    await silent.close()
  }
})

test.concurrent('where nothing is wrong but GitHub has an outage, the doctor cannot tell', () =>
  withSetup({}, async ({ environment, keep }) => {
    const outage = keep(await openServer(503, { message: 'Service Unavailable' }))
    const { code, output } = await run({ ...environment, GITHUB_API_URL: outage.url })
    expect(output).toMatch(/^\? {6}GitHub App/m)
    expect(code).toBe(2)
  }))

test.concurrent('as JSON the findings are for programs', () =>
  withSetup({}, async ({ environment, github }) => {
    github.setHook({ hasSecret: false })
    const { code, output } = await run(environment, ['--json'])
    const { status, findings } = JSON.parse(output) as { status: string; findings: readonly Finding[] }
    expect({ code, status }).toEqual({ code: 1, status: 'wrong' })
    expect(findings.filter(({ state }) => state === 'wrong')).toEqual([
      {
        check: 'webhook',
        state: 'wrong',
        cause: 'webhook-secret-missing',
        what: 'the webhook has no secret on GitHub, so its deliveries carry no signature',
        todo: `Enter the value of WEBHOOK_SECRET at ${github.url}/organizations/acme/settings/apps/andon.`,
      },
    ])
  }))

const MISSING_GRANT = {
  permissions: { metadata: 'read', issues: 'write', checks: 'read', pull_requests: 'read', contents: 'read' },
  events: [
    'issues',
    'issue_comment',
    'workflow_run',
    'workflow_job',
    'pull_request',
    'pull_request_review',
    'repository',
  ],
} as const

type Environment = Readonly<Record<string, string | undefined>>

let installations = 0

/** A GitHub and a proxy of this test's own, before the one Andon. */
async function withSetup(
  faults: ProxyFaults = {},
  use: (setup: Setup & { readonly environment: Environment }) => Promise<void>,
): Promise<void> {
  const opened: { close(): Promise<unknown> }[] = []
  const keep = <T extends { close(): Promise<unknown> }>(one: T): T => {
    opened.push(one)
    return one
  }
  try {
    installations += 1
    // Octokit shares a request for a token within a process by the installation's number alone.
    const github = keep(await openFakeGitHub({ installationId: installations }))
    const proxy = keep(await openProxy(andon.url, faults))
    const receiver = keep(await openServer(202))
    github.deliveries.setTarget(`${receiver.url}/`)
    const environment = healthyEnvironment(github, proxy.url)
    const databaseUrl = database.url ?? ''
    await use({
      github,
      environment,
      andonUrl: andon.url,
      databaseUrl,
      keep,
      async openDatabase(change) {
        const { url = '' } = keep(await openTestDatabase('postgres'))
        for (const statement of change) await withClient(url, (client) => client.query(statement))
        return url
      },
    })
  } finally {
    for (const one of opened.reverse()) await one.close()
  }
}

function healthyEnvironment(github: FakeGitHub, baseUrl: string): Environment {
  github.setHook({ url: `${baseUrl}/api/github/webhooks` })
  return {
    ...credentialsOf(github),
    BASE_URL: baseUrl,
    PORT: `${andon.port}`,
    DATABASE_URL: database.url,
    ANDON_DATA: '/tmp',
    LOG_LEVEL: 'silent',
  }
}

function credentialsOf(github: FakeGitHub) {
  const { appId, privateKey, url, client } = github
  const ofClient = { GITHUB_CLIENT_ID: client.id, GITHUB_CLIENT_SECRET: client.secret }
  return { ...SECRETS, ...ofClient, APP_ID: `${appId}`, PRIVATE_KEY: privateKey, GITHUB_API_URL: url, GITHUB_URL: url }
}

function examineWith(environment: Environment): Promise<readonly Finding[]> {
  const config = readPartialConfig('all', environment as NodeJS.ProcessEnv)
  return inTurn(async () => examine(await collectReadings(config)))
}

async function run(environment: Environment, words: readonly string[] = []) {
  return inTurn(async () => {
    const doctor = await startAndonProcess('doctor', { ANDON_ACCESS: undefined, ...environment }, words)
    const { code } = await doctor.exited()
    return { code, output: doctor.output() }
  })
}

// The doctor sends a body of 25 MiB, and Andon has room for two of them at once.
const turns: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()]

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = (turns.shift() ?? Promise.resolve()).then(work)
  turns.push(done.catch(() => undefined))
  return done
}

async function countRows(): Promise<unknown> {
  return withClient(database.url ?? '', async (client) => {
    const { rows } = await client.query(
      'select (select count(*) from deliveries) as deliveries, (select count(*) from access_problems) as problems',
    )
    return rows
  })
}
