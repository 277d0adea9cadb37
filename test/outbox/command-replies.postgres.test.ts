// Commands go in as signed deliveries, reactions and replies come out over HTTP.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Conversation, openConversation } from './support/conversation.ts'

let talk: Conversation
beforeEach(async () => {
  talk = await openConversation()
})
afterEach(() => talk.close())

test('what is done is acknowledged, and nothing more is said; what stands is told from how it stands when it is written', async () => {
  await talk.app.openLabeledIssue()
  await talk.advance(6)
  const cancel = await talk.comment('Not now.\n\n/andon cancel')
  await talk.advance(2)
  expect(talk.reactions(cancel)).toEqual(['eyes'])
  const why = await talk.comment('/andon status\n/andon why')
  await talk.advance(8)
  expect(talk.reactions(why)).toEqual(['eyes'])
  expect(await talk.replies()).toMatchInlineSnapshot(`
    [
      "\`/andon status\` (linus):

    | stage | light | attempt | since | how it stands | how we know |
    | --- | --- | --: | --- | --- | --- |
    | plan | ⊘ cancelled | 1 | 2026-11-20 08:00:06 UTC | cancelled by @​linus; /andon retry plan tries again | command \`1\`, 2026-11-20 08:00:06 UTC |

    [Issue #1 on the board](https://andon.example.com/acme/widgets/issues/1)

    \`/andon why\` (linus):

    | **plan** | **· idle** |
    | --- | --- |
    | attempt | 1, [its run](http://github.test/acme/widgets/actions/runs/7000000004) |
    | since | 2026-11-20 08:00:06 UTC |
    | because | cancelled by @​linus; /andon retry plan tries again |
    | how we know | command \`1\`, 2026-11-20 08:00:06 UTC |

    [Issue #1 on the board](https://andon.example.com/acme/widgets/issues/1)
    ",
    ]
  `)
})

test('where no line is, commands are answered with what to do, on an issue and on a pull request', async () => {
  const { github, repository } = talk
  const issue = await github.openIssue(repository, { title: 'Ordinary' })
  await github.createBranch(repository, 'tidy')
  const number = await github.openPullRequest(repository, { title: 'Ordinary too', branch: 'tidy' })
  const comments = [
    await talk.comment('/andon why', { on: issue }),
    await talk.comment('/andon retry', { on: number }),
    await talk.comment('/andon help', { on: issue, by: 'passerby' }),
    await talk.comment('/andon hold repository release week', { on: issue }),
  ]
  await talk.advance(12)
  expect(comments.map((comment) => talk.reactions(comment).join())).toEqual(['confused', 'confused', 'eyes', 'eyes'])
  expect(await talk.replies(number)).toMatchInlineSnapshot(`
    [
      "\`/andon retry\` (linus): **not done** – this pull request belongs to no issue on the line: let its description close one (“fixes” and its number), or write on the issue.
    ",
    ]
  `)
  const [first = '', ...more] = await talk.replies(issue)
  expect(more).toEqual([])
  expect(first).toContain('`/andon why` (linus): **not done** – this issue is not on the line. Type `/andon start`.')
  expect(first).toContain('`/andon help` (passerby):\n\n| Type | What it does |')
  expect(await talk.app.database.kysely.selectFrom('pipelines').select('id').execute()).toEqual([])
})

test('who may not read is not answered, who may only read is told so, and nobody else’s word starts anything', async () => {
  const { github } = talk
  await talk.app.openLabeledIssue()
  await talk.advance(6)
  github.setPermission('margaret', 'none')
  const said: { by: string; comment: number }[] = []
  for (const by of ['passerby', 'trinity', 'margaret', 'dependabot[bot]']) {
    said.push({ by, comment: await talk.comment('/andon cancel', { by }) })
  }
  await talk.advance(12)
  const reactions = said.map(({ by, comment }) => `${by}: ${talk.reactions(comment).join() || 'nothing'}`)
  expect(reactions).toEqual([
    'passerby: confused',
    'trinity: confused',
    'margaret: nothing',
    'dependabot[bot]: nothing',
  ])
  expect(await talk.replies()).toMatchInlineSnapshot(`
    [
      "\`/andon cancel\` (passerby), \`/andon cancel\` (trinity): that takes permission to write to this repository.
    ",
    ]
  `)
  expect(github.writes.ofKind('cancel')).toEqual([])
})

test('which bots are heard is what the file says now, also for a line that began before', async () => {
  const { github, repository } = talk
  await talk.app.openLabeledIssue()
  await talk.advance(6)
  const file = '.github/andon.yml'
  github.writeFile(repository, file, `bots: ['claude[bot]']\nstages: { plan: { workflow: plan.yml } }\n`)
  await talk.advance(4)
  const heard = await talk.comment('/andon cancel', { by: 'claude[bot]' })
  await talk.advance(6)
  expect(talk.reactions(heard)).toEqual(['eyes'])
  expect((await talk.app.pipeline()).stages[0]?.status).toBe('cancelled')
  github.writeFile(repository, file, 'stages: { plan: { workflow: plan.yml } }\n')
  await talk.advance(20)
  const unheard = await talk.comment('/andon retry', { by: 'claude[bot]' })
  await talk.advance(6)
  expect(talk.reactions(unheard)).toEqual([])
  expect((await talk.app.pipeline()).stages[0]?.status).toBe('cancelled')
})

describe('while GitHub cannot say what somebody may', () => {
  test.each([
    ['502-before', 1],
    ['forbidden', 0],
    ['reset-before', 1],
  ] as const)('(%s) nothing is done and nobody is answered', async (kind, later) => {
    await talk.app.openLabeledIssue()
    await talk.advance(6)
    const behaves = talk.github.injectFault({ requests: 'permission', kind })
    const comment = await talk.comment('/andon cancel')
    await talk.advance(3)
    expect(talk.reactions(comment)).toEqual([])
    expect((await talk.app.pipeline()).stages[0]?.status).not.toBe('cancelled')
    behaves()
    await talk.advance(12)
    // What failed for the time being is asked again; a refusal is final.
    expect(talk.reactions(comment)).toHaveLength(later)
  })
})

test('one comment, delivered five times and under another name as well, has one effect, one reaction and one reply', async () => {
  const { github } = talk
  await talk.app.openLabeledIssue()
  await talk.advance(6)
  const comment = await talk.comment('/andon cancel\n/andon why')
  await github.whenIdle()
  const delivery = github.deliveries.log.findLast(({ event }) => event === 'issue_comment')
  for (let again = 0; again < 4; again += 1) {
    await github.deliveries.redeliver(delivery?.id ?? 0)
    await talk.advance(1)
  }
  github.deliveries.enqueue('issue_comment', JSON.parse(delivery?.body ?? '{}'))
  await talk.advance(8)
  expect(talk.reactions(comment)).toEqual(['eyes'])
  expect(await talk.replies()).toHaveLength(1)
  expect(github.writes.count('cancel')).toBe(1)
  const [plan] = (await talk.app.pipeline()).stages
  expect(plan?.commands?.map(({ verb }) => verb)).toEqual(['cancel'])
})
