// Commands go in as signed deliveries, reactions and replies come out over HTTP.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type AndonApp, BY_SECONDS, openAndonApp } from '../support/andon-app.ts'

let app: AndonApp
beforeEach(async () => {
  app = await openAndonApp()
})
afterEach(() => app.close())

test('a command that runs gets a reaction only, and `status` is answered with the state at the time of writing', async () => {
  await app.openLabeledIssue()
  await app.advance(6, BY_SECONDS)
  const cancel = await app.comment('Not now.\n\n/andon cancel')
  await app.advance(2, BY_SECONDS)
  expect(app.reactions(cancel)).toEqual(['eyes'])
  const why = await app.comment('/andon status\n/andon why')
  await app.advance(8, BY_SECONDS)
  expect(app.reactions(why)).toEqual(['eyes'])
  expect(await app.replies()).toMatchInlineSnapshot(`
    [
      "\`/andon status\` (linus):

    | stage | status | attempt | since | why | how we know |
    | --- | --- | --: | --- | --- | --- |
    | plan | ⊘ cancelled | 1 | 2026-11-20 08:00:06 UTC | cancelled by @​linus; /andon retry plan tries again | command in a comment, 2026-11-20 08:00:06 UTC |

    [Issue #1 on the board](https://andon.example.com/acme/widgets/issues/1)

    \`/andon why\` (linus):

    | **plan** | **· idle** |
    | --- | --- |
    | attempt | 1, [its run](http://github.test/acme/widgets/actions/runs/7000000004) |
    | since | 2026-11-20 08:00:06 UTC |
    | because | cancelled by @​linus; /andon retry plan tries again |
    | how we know | command in a comment, 2026-11-20 08:00:06 UTC |

    [Issue #1 on the board](https://andon.example.com/acme/widgets/issues/1)
    ",
    ]
  `)
})

test('commands without a pipeline are answered with what to do, on an issue and on a pull request', async () => {
  const { github, repository } = app
  const issue = await github.openIssue(repository, { title: 'Ordinary' })
  await github.createBranch(repository, 'tidy')
  const number = await github.openPullRequest(repository, { title: 'Ordinary too', branch: 'tidy' })
  const comments = [
    await app.comment('/andon why', { on: issue }),
    await app.comment('/andon retry', { on: number }),
    await app.comment('/andon help', { on: issue, by: 'passerby' }),
    await app.comment('/andon hold repository release week', { on: issue }),
  ]
  await app.advance(12, BY_SECONDS)
  expect(comments.map((comment) => app.reactions(comment).join())).toEqual(['confused', 'confused', 'eyes', 'rocket'])
  expect(await app.replies(number)).toMatchInlineSnapshot(`
    [
      "\`/andon retry\` (linus): **not done** – this pull request belongs to no issue on the line: write “fixes” and the number of one in its description, or comment on the issue.
    ",
    ]
  `)
  const [first = '', ...more] = await app.replies(issue)
  expect(more).toEqual([])
  expect(first).toContain('`/andon why` (linus): **not done** – this issue is not on the line. Type `/andon start`.')
  expect(first).toContain('`/andon help` (passerby):\n\n| Type | What it does |')
  expect(await app.database.kysely.selectFrom('pipelines').select('id').execute()).toEqual([])
})

test('a sender who cannot read gets no answer, a reader gets a refusal, and neither starts anything', async () => {
  const { github } = app
  await app.openLabeledIssue()
  await app.advance(6, BY_SECONDS)
  github.setPermission('margaret', 'none')
  const commands: { by: string; comment: number }[] = []
  for (const by of ['passerby', 'trinity', 'margaret', 'dependabot[bot]']) {
    commands.push({ by, comment: await app.comment('/andon cancel', { by }) })
  }
  await app.advance(12, BY_SECONDS)
  const reactions = commands.map(({ by, comment }) => `${by}: ${app.reactions(comment).join() || 'nothing'}`)
  expect(reactions).toEqual([
    'passerby: confused',
    'trinity: confused',
    'margaret: nothing',
    'dependabot[bot]: nothing',
  ])
  expect(await app.replies()).toMatchInlineSnapshot(`
    [
      "\`/andon cancel\` (passerby), \`/andon cancel\` (trinity): this needs write permission on the repository.
    ",
    ]
  `)
  expect(github.writes.ofKind('cancel')).toEqual([])
})

test('bots are allowed as the file says now, even in a pipeline that began before', async () => {
  const { github, repository } = app
  await app.openLabeledIssue()
  await app.advance(6, BY_SECONDS)
  const file = '.github/andon.yml'
  github.writeFile(repository, file, `bots: ['claude[bot]']\nstages: { plan: { workflow: plan.yml } }\n`)
  await app.advance(4, BY_SECONDS)
  const allowed = await app.comment('/andon cancel', { by: 'claude[bot]' })
  await app.advance(12, BY_SECONDS)
  expect(app.reactions(allowed)).toEqual(['rocket'])
  expect((await app.pipeline()).stages[0]?.status).toBe('cancelled')
  github.writeFile(repository, file, 'stages: { plan: { workflow: plan.yml } }\n')
  await app.advance(20, BY_SECONDS)
  const ignored = await app.comment('/andon retry', { by: 'claude[bot]' })
  await app.advance(6, BY_SECONDS)
  expect(app.reactions(ignored)).toEqual([])
  expect((await app.pipeline()).stages[0]?.status).toBe('cancelled')
})

describe('while GitHub cannot name the sender’s permission', () => {
  test.each([
    ['502-before', 1],
    ['forbidden', 0],
    ['reset-before', 1],
  ] as const)('(%s) nothing runs and nothing is answered', async (kind, later) => {
    await app.openLabeledIssue()
    await app.advance(6, BY_SECONDS)
    const behaves = app.github.injectFault({ requests: 'permission', kind })
    const comment = await app.comment('/andon cancel')
    await app.advance(3, BY_SECONDS)
    expect(app.reactions(comment)).toEqual([])
    expect((await app.pipeline()).stages[0]?.status).not.toBe('cancelled')
    behaves()
    await app.advance(12, BY_SECONDS)
    // A temporary failure is asked again; a refusal is final.
    expect(app.reactions(comment)).toHaveLength(later)
  })
})

test('one comment, delivered five times and under another name as well, has one effect, one reaction and one reply', async () => {
  const { github } = app
  await app.openLabeledIssue()
  await app.advance(6, BY_SECONDS)
  const comment = await app.comment('/andon cancel\n/andon why')
  await github.whenIdle()
  const delivery = github.deliveries.log.findLast(({ event }) => event === 'issue_comment')
  for (let again = 0; again < 4; again += 1) {
    await github.deliveries.redeliver(delivery?.id ?? 0)
    await app.advance(1, BY_SECONDS)
  }
  github.deliveries.enqueue('issue_comment', JSON.parse(delivery?.body ?? '{}'))
  await app.advance(8, BY_SECONDS)
  expect(app.reactions(comment)).toEqual(['rocket'])
  expect(await app.replies()).toHaveLength(1)
  expect(github.writes.count('cancel')).toBe(1)
  const [plan] = (await app.pipeline()).stages
  expect(plan?.commands?.map(({ verb }) => verb)).toEqual(['cancel'])
})
