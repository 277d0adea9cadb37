// With each single permission of app.yml missing in turn: every page that can speak names it, and so does the comment if it can
// be written; once it is accepted, everything is as if it had never been missing.
import { afterEach, expect, test } from 'vitest'
import { grantFromManifest } from '../../fake-github/grant.ts'
import { type AndonApp, openAndonApp, PLAN } from '../support/andon-app.ts'
import { readBoardPage } from '../support/board-api.ts'

let app: AndonApp
afterEach(() => app.close())

async function page(path = ''): Promise<string> {
  return await (await fetch(`${app.url}${path}`)).text()
}

test.each(Object.keys(grantFromManifest().permissions))(
  'the missing permission %s is named wherever it can be',
  async (name) => {
    app = await openAndonApp({ configuration: PLAN })
    const { github, repository } = app
    github.withholdPermissions(name)
    await app.openLabeledIssue()
    await app.advance(90)
    const words = new RegExp(`the permission ${name}: (read|write)`)
    expect(await page()).toMatch(words)
    expect(await page(`/${repository}/issues/1`)).toMatch(words)
    expect(await page('/healthz')).toMatch(new RegExp(`a permission is missing \\(${name}: `))
    const { pipelines } = await readBoardPage(app.url)
    expect(pipelines.map(({ reason }) => reason).join()).toMatch(words)
    const comments = github.comments(repository, 1).map(({ body }) => body)
    for (const body of comments) expect(body.replaceAll('&#95;', '_')).toMatch(words)

    github.acceptPermissions()
    await app.advance(30, { stride: 1 })
    expect(app.dispatched().at(-1)).toBe('1/plan/1')
    expect(await page()).not.toMatch(words)
    expect(github.comments(repository, 1)).toHaveLength(1)
    expect(github.comments(repository, 1)[0]?.body.replaceAll('&#95;', '_')).not.toMatch(words)
  },
)

test('deliveries that are signed with another secret are counted for the operator', async () => {
  app = await openAndonApp({ configuration: PLAN })
  const headers = {
    'content-type': 'application/json',
    'x-github-delivery': 'a',
    'x-github-event': 'issues',
    'x-hub-signature-256': `sha256=${'0'.repeat(64)}`,
  }
  const send = () => fetch(`${app.url}/api/github/webhooks`, { method: 'POST', headers, body: '{}' })
  expect((await send()).status).toBe(401)
  app.clock.advance(10)
  expect((await send()).status).toBe(401)
  const shown = 'a signature that does not match WEBHOOK_SECRET: 2'
  await expect.poll(async () => (await page()).includes(shown)).toBe(true)
  expect(await page('/healthz')).toContain('WEBHOOK_SECRET does not match')
  app.clock.advance(10)
  await app.openLabeledIssue()
  await app.advance(10)
  expect(await page()).not.toContain(shown)
})
