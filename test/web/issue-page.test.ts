// The page of an issue through the real door: what waits for whom, each attempt with who asked for it, and where GitHub shows it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'

let app: AndonApp

beforeEach(async () => {
  const stages = 'plan: { workflow: plan.yml, attempts: 2 }, code: { workflow: code.yml, attempts: 1 }'
  app = await openAndonApp({ configuration: `stages: { ${stages} }` })
  await app.openLabeledIssue()
  await app.advance(20)
})
afterEach(() => app.close())

/** The page as people read it, without what is folded. */
async function readPage(): Promise<string> {
  const html = await (await fetch(`${app.url}/${app.repository}/issues/1`)).text()
  const main = html.slice(html.indexOf('<main'), html.indexOf('</main>')).replace(/<details.*?<\/details>/g, '')
  return main
    .replace(/<\/d[td]>/g, ' ')
    .replace(/<[^>]+>/g, '')
    .replaceAll('&#39;', "'")
    .replace(/\s+/g, ' ')
}

async function runEnds(end: 'succeed' | 'fail'): Promise<void> {
  const run = app.github.runs.at(-1)
  run?.start()
  const job = run?.job('agent', ['Edit'])
  job?.start()
  await app.advance(60)
  job?.[end]()
  run?.[end]()
  await app.advance(60)
}

describe('the page of an issue', () => {
  test('says of a running stage what follows when it is done, when it fails, and when it stays silent', async () => {
    app.github.runs.at(-1)?.start()
    await app.advance(10)
    const page = await readPage()
    expect(page).toContain('When plan is done, code starts by itself.')
    expect(page).toContain('If plan fails, it is tried again by itself: 1 try is left.')
    expect(page).toMatch(/If nothing more is heard of it, it counts as unknown at 2026-11-20 08:30 UTC\./)
    expect(page).toContain('plan · 1st of 2 tries · running')
  })

  test('counts the tries anew when a person retries, and names that person', async () => {
    await runEnds('fail')
    await runEnds('fail')
    const failed = await readPage()
    expect(failed).toContain('plan · 2nd of 2 tries · failed after 1 m job agent, step Edit · asked for by @ada')
    expect(failed).toContain('Waits for someone who may write, to decide; @ada asked for it')
    expect(failed).toContain('Nothing happens by itself. /andon retry plan starts it again.')
    await app.comment('/andon retry plan', { by: 'linus' })
    await app.advance(30)
    await runEnds('succeed')
    const page = await readPage()
    expect(page).toContain('plan · 1st of 2 tries (attempt 3 in all) · done after 1 m retry asked for by @linus')
    expect(page).toMatch(/queued \d+ [sm] · ran 3 m · had failed for \d+ [sm]/)
  })

  test('leads to the comment and the check run that show a stage on GitHub', async () => {
    await app.advance(60)
    const { url, repository, github } = app
    const html = await (await fetch(`${url}/${repository}/issues/1`)).text()
    const [comment] = github.comments(repository, 1)
    const [check] = github.checkRuns(repository)
    expect(html).toContain(`/${repository}/issues/1#issuecomment-${comment?.id}"`)
    expect(html).toContain(`/${repository}/runs/${check?.id}"`)
  })

  test('has the whole evidence of what a person did one click away, and says what a hold stops', async () => {
    await app.comment('/andon hold the schema is being moved', { by: 'linus' })
    await app.advance(30)
    const html = await (await fetch(`${app.url}/${app.repository}/issues/1`)).text()
    const story = html.slice(html.indexOf('id="history"'))
    expect(story.replace(/<[^>]+>/g, '')).toContain('@linus held this issue: the schema is being moved')
    const [, guid = ''] = /<summary>how we know<\/summary>.*?webhook delivery.*?<code>([^<]+)</.exec(story) ?? []
    expect(guid).toMatch(/^[0-9a-f]{8}-/)
    expect(story.replace(/<details.*?<\/details>/g, '')).not.toContain(guid)
    expect(await readPage()).toContain('Nothing new starts before it is resumed; what goes on is not stopped.')
    const run = app.github.runs.at(-1)
    run?.start()
    run?.succeed()
    await app.advance(30)
    const page = await readPage()
    expect(page).toContain('Waits for someone who may write, to resume it')
    expect(page).toContain('When it is resumed, it goes on from where it was.')
  })
})
