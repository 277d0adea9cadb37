// The embedded database belongs to one process: `doctor` asks it through its socket, or opens the database if none runs.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startAndonProcess, stopAllProcesses, waitUntil } from '../support/andon-process.ts'
import { FAKE_GITHUB_SECRET, openFakeGitHub } from '../support/fake-github.ts'
import { freePort } from '../support/postgres-cluster.ts'

const directory = mkdtempSync(join(tmpdir(), 'andon-doctor-'))

afterAll(async () => {
  await stopAllProcesses()
  rmSync(directory, { recursive: true, force: true })
})

test('a database that is not made yet, one in use, one with a mistaken andon.yml, and one that nobody has open', async () => {
  const github = await openFakeGitHub()
  const port = await freePort()
  const { appId, privateKey, url, client } = github
  const environment = {
    APP_ID: `${appId}`,
    PRIVATE_KEY: privateKey,
    WEBHOOK_SECRET: FAKE_GITHUB_SECRET,
    GITHUB_API_URL: url,
    GITHUB_URL: url,
    GITHUB_CLIENT_ID: client.id,
    GITHUB_CLIENT_SECRET: client.secret,
    ANDON_ACCESS: undefined,
    ANDON_DATA: directory,
    PORT: `${port}`,
    BASE_URL: `http://localhost:${port}`,
  }
  async function examine(): Promise<{ code: number | null; output: string }> {
    const doctor = await startAndonProcess('doctor', environment)
    return { code: (await doctor.exited()).code, output: doctor.output() }
  }
  github.deliveries.setTarget(`http://localhost:${port}/api/github/webhooks`)

  const before = await examine()
  expect(before.output).toMatch(/^- +database +the first start makes it$/m)
  expect(before.output).toMatch(/^WRONG +BASE_URL +nothing answers/m)
  expect(before.code).toBe(1)

  const andon = await startAndonProcess('all', environment)
  await andon.ready()
  let last = ''
  const says = (pattern: RegExp) => async () => {
    last = (await examine()).output
    return pattern.test(last)
  }
  const o = { withinMs: 120_000 }
  await waitUntil('all is well', says(/^All is well\.$/m), o)

  github.writeFile('acme/api', '.github/andon.yml', 'stages:\n  plan: { workflow: plan.yml }\n')
  github.writeFile('acme/api', '.github/workflows/plan.yml', readFileSync('docs/workflows/plan.yml', 'utf8'))
  const number = await github.openIssue('acme/api', { title: 'Retry \u001b[31mon flaky upload' })
  const canary = await startAndonProcess('canary', environment, [`acme/api#${number}`, '--as', 'linus'])
  expect((await canary.exited()).code).toBe(0)
  expect(canary.output()).toMatch(
    /^acme\/api#\d+ \(Retry �\[31mon .*`andon`, set by linus, would start:\n {2}stage {5}plan, attempt 1$/m,
  )
  expect(canary.output()).not.toContain('\u001b')
  const refused = await startAndonProcess('canary', environment, ['acme/api#999', '--json'])
  expect((await refused.exited()).code).toBe(1)
  expect(JSON.parse(refused.output())).toMatchObject({
    wouldStart: false,
    reasons: ['there is no issue #999 in acme/api'],
  })
  const blind = await startAndonProcess('canary', { ...environment, GITHUB_API_URL: 'http://127.0.0.1:9' }, [
    'acme/api#1',
  ])
  expect((await blind.exited()).code).toBe(2)
  expect(blind.output()).toMatch(/^andon: cannot tell: [^\n]+\.\n$/)

  // A terminal would execute the escape sequence in the field's name.
  github.writeFile('acme/widgets', '.github/andon.yml', 'stages:\n  plan: { workflow: plan.yml, "\\e[31mlimits": 3 }\n')
  await waitUntil(
    'the mistake is named',
    says(/^WRONG +andon\.yml +\.github\/andon\.yml of acme\/widgets: line 2: /m),
    o,
  )
  expect(last).not.toContain('\u001b')
  expect(last).toMatch(/^1 thing is wrong\.$/m)

  await andon.stop()
  const after = await examine()
  expect(after.output).toMatch(/^ok +database +embedded in /m)
  expect(after.output).toMatch(/^- +workers +Andon does not run$/m)
  expect(after.output).toMatch(/^WRONG +andon\.yml /m)
  await github.close()
})
