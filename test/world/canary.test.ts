// The canary says what the label would start. The same issue is then labelled for real, and what was said comes true.
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import pino from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { setGlobalHold } from '../../src/apply/holds.ts'
import { rehearseStart } from '../../src/apply/rehearse-start.ts'
import { type CanaryVerdict, judgeStart } from '../../src/cli/judge-start.ts'
import { openGitHub } from '../../src/github/client.ts'
import { openRequests } from '../../src/github/request.ts'
import { type AndonApp, BY_SECONDS, openAndonApp } from '../support/andon-app.ts'

const ONE_STAGE = `stages:
  plan: { workflow: plan.yml, attempts: 3 }
checks: { before_pull_request: off }
comments: off
`
const PLAN = `name: plan
run-name: "andon \${{ inputs.andon }}"
on:
  workflow_dispatch:
    inputs:
      issue: { type: string }
      andon: { type: string }
jobs: {}
`

let app: AndonApp

beforeEach(async () => {
  app = await openAndonApp({ configuration: ONE_STAGE })
  app.github.writeFile(app.repository, '.github/workflows/plan.yml', PLAN)
  app.github.writeFile(app.repository, '.github/andon.yml', ONE_STAGE)
  await app.github.openIssue(app.repository, { title: 'Retry on flaky upload' })
})

afterEach(() => app.close())

/** Asks, and fails if that has changed anything anywhere. */
async function ask(o: { issueNumber?: number; by?: string; name?: string } = {}): Promise<CanaryVerdict> {
  const { github, clock, database } = app
  const { appId, privateKey, url: apiUrl } = github
  const log = pino({ level: 'silent' })
  const options = { appId, privateKey, apiUrl, now: clock.now, log, fetch: github.fetch }
  const before = await snapshot()
  const written = github.writes.all.length
  const [owner = '', name = ''] = app.repository.split('/')
  const verdict = await judgeStart(
    {
      call: openRequests(options),
      github: openGitHub(options),
      now: clock.now,
      rehearse: (start) => rehearseStart({ database, now: clock.now }, start),
    },
    { owner, name: o.name ?? name, issueNumber: o.issueNumber ?? 1, by: o.by ?? null },
  )
  expect(github.writes.all.slice(written)).toEqual([])
  expect(await snapshot()).toEqual(before)
  return verdict
}

/** Every row of every table. */
async function snapshot(): Promise<unknown> {
  const { kysely } = app.database
  const tables = await kysely.introspection.getTables()
  const names = tables.map(({ name }) => name).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const { rows } = await sql<{ all: string }>`
        select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text), '[]')::text as "all" from ${sql.table(name)} t
      `.execute(kysely)
      return [name, rows[0]?.all]
    }),
  )
}

test('names the stage, workflow, branch and inputs that the label then starts', async () => {
  await app.advance(60)
  const verdict = await ask()
  expect(verdict).toEqual({
    label: 'andon',
    title: 'Retry on flaky upload',
    start: {
      stage: 'plan',
      attempt: 1,
      workflow: 'plan.yml',
      ref: 'main',
      inputs: { issue: '1', andon: '1/plan/1-…' },
    },
    reasons: [],
  })
  await app.github.label(app.repository, 1, 'andon')
  await app.advance(60, BY_SECONDS)
  const [sent] = app.github.writes.ofKind('dispatch')
  expect(sent?.path).toMatch(/\/workflows\/plan\.yml\/dispatches$/)
  const { ref, inputs } = (sent?.body ?? {}) as { ref: string; inputs: { issue: string; andon: string } }
  const shown = { ...inputs, andon: inputs.andon.replace(/-.*/, '-…') }
  expect({ ref, inputs: shown }).toEqual({ ref: verdict.start?.ref, inputs: verdict.start?.inputs })
})

test('answers for a repository of which no delivery has ever come, and names the mistakes in its file', async () => {
  const { github } = app
  await github.whenIdle()
  github.deliveries.setTarget(null)
  expect((await ask({ name: 'api' })).reasons).toEqual(['there is no issue #1 in acme/api'])
  await github.openIssue('acme/api', { title: 'Here' })
  github.writeFile('acme/api', '.github/workflows/plan.yml', PLAN)
  github.writeFile('acme/api', '.github/andon.yml', 'stages:\n  plan: { workflw: plan.yml }\n')
  await github.whenIdle()
  const mistaken = await ask({ name: 'api' })
  expect(mistaken.start).toBeNull()
  expect(mistaken.reasons[0]).toMatch(/^\.github\/andon\.yml has a mistake in line 2: /)
  github.writeFile('acme/api', '.github/andon.yml', ONE_STAGE)
  await github.whenIdle()
  expect((await ask({ name: 'api' })).start).toMatchObject({ stage: 'plan', ref: 'main' })
})

test('with a mistake in the newest file, the last good version starts it, and the mistake is named', async () => {
  await app.advance(60)
  app.github.writeFile(app.repository, '.github/andon.yml', `${ONE_STAGE}limits: { runing: 2 }\n`)
  await app.advance(60)
  const { start, reasons } = await ask()
  expect(start).toMatchObject({ stage: 'plan' })
  expect(reasons).toEqual([expect.stringMatching(/has a mistake in line 5: /)])
})

type Obstacle = { readonly name: string; readonly says: RegExp; readonly put: () => unknown; readonly by?: string }

const OBSTACLES: readonly Obstacle[] = [
  { name: 'a sender who may not write', says: /passerby|may not|permission/, put: () => undefined, by: 'passerby' },
  { name: 'a sender whom GitHub does not know', says: /may not|permission/, put: () => undefined, by: randomUUID() },
  {
    name: 'no andon.yml',
    says: /no \.github\/andon\.yml in force, so Andon only observes/,
    put: () => app.github.writeFile(app.repository, '.github/andon.yml', null),
  },
  {
    name: 'a file without a start label',
    says: /names no start label: comment `\/andon start`/,
    put: () => app.github.writeFile(app.repository, '.github/andon.yml', `start: command\n${ONE_STAGE}`),
  },
  {
    name: 'no workflow file',
    says: /plan\.yml is not on the default branch/,
    put: () => app.github.writeFile(app.repository, '.github/workflows/plan.yml', null),
  },
  {
    name: 'a workflow without its inputs',
    says: /does not declare `andon`/,
    put: () => app.github.writeFile(app.repository, '.github/workflows/plan.yml', PLAN.replace(/ +andon: .*\n/, '')),
  },
  {
    name: 'a disabled workflow',
    says: /plan\.yml is disabled/,
    put: () => app.github.setWorkflowState(app.repository, 'plan.yml', 'disabled_manually'),
  },
  { name: 'a closed issue', says: /closed/, put: () => app.github.closeIssue(app.repository, 1) },
  { name: 'an issue that was deleted', says: /no issue #1/, put: () => app.github.deleteIssue(app.repository, 1) },
  {
    name: 'a hold on everything',
    says: /ops.*release day/,
    put: () => setGlobalHold({ database: app.database, now: app.clock.now }, { by: 'ops', reason: 'release day' }),
  },
  {
    name: 'a hold on the repository',
    says: /linus.*release day/,
    put: () => app.comment('/andon hold repository release day'),
  },
  {
    name: 'no slot',
    says: /1 of 1 running/,
    put: async () => {
      app.github.writeFile(app.repository, '.github/andon.yml', `${ONE_STAGE}limits: { running: 1 }\n`)
      await app.github.openIssue(app.repository, { title: 'First', labels: ['andon'] })
    },
  },
  {
    name: "the day's starts used up",
    says: /1 of 1 .*(?:today|day)/,
    put: async () => {
      app.github.writeFile(app.repository, '.github/andon.yml', `${ONE_STAGE}limits: { starts_per_day: 1 }\n`)
      await app.github.openIssue(app.repository, { title: 'First', labels: ['andon'] })
    },
  },
  {
    name: 'an issue that runs already',
    says: /on the line already/,
    put: () => app.github.label(app.repository, 1, 'andon'),
  },
  { name: 'a suspended installation', says: /installation of acme is suspended/, put: () => app.github.suspend() },
  { name: 'an installation that is gone', says: /not installed on acme\/widgets/, put: () => app.github.uninstall() },
  {
    name: 'a permission that is missing',
    says: /lacks permissions \(actions: write\); accept them at http/,
    put: () => app.github.withholdPermissions('actions'),
  },
]

test.each(OBSTACLES)('$name: nothing would start, and it says so', async ({ says, put, by }) => {
  await app.advance(60)
  await put()
  await app.advance(120, BY_SECONDS)
  const { start, reasons } = await ask(by === undefined ? {} : { by })
  expect(start).toBeNull()
  expect(reasons.join('\n')).toMatch(says)
  expect(reasons.join('\n')).not.toMatch(/undefined|null|\[object/)
})

test('an obstacle that is gone is none', async () => {
  await app.advance(60)
  await app.comment('/andon hold repository release day')
  await app.advance(60, BY_SECONDS)
  expect((await ask()).start).toBeNull()
  await app.comment('/andon resume repository')
  await app.advance(60, BY_SECONDS)
  expect((await ask({ by: 'linus' })).start).not.toBeNull()
})

test('a GitHub that does not answer is no answer', async () => {
  app.github.injectFault({ requests: ['read', 'graphql'], kind: '502-before' })
  await expect(ask()).rejects.toThrow(/502/)
})
