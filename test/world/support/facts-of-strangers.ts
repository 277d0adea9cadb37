// How somebody makes each fact of docs/reference/strangers.md, and what then comes of it.
import type { LineWorld } from './line-world.ts'

type Outcome = 'counts' | 'shown' | 'nothing'
type Act = (world: LineWorld, by: string) => Promise<Outcome>

const RUNNING = 'plan done, code running'

/** What an act does to an issue whose agent runs; `counted` is what the stages are if it counts. */
function inCode(
  act: (world: LineWorld, by: string, issue: number) => Promise<unknown>,
  counted: string | null,
  before: (world: LineWorld, issue: number) => Promise<unknown> = async () => undefined,
): Act {
  return async (world, by) => {
    const { issue } = await world.openIssueInCode()
    await before(world, issue)
    await world.settle()
    const stood = await world.stages(issue)
    await act(world, by, issue)
    await world.settle()
    const stands = await world.stages(issue)
    const detail = await world.detail(issue)
    if (stands !== stood) return stands === counted ? 'counts' : Promise.reject(new Error(`${stood} → ${stands}`))
    if (counted === 'held' && detail?.held) return 'counts'
    return detail?.history.some(({ text }) => text.includes('shown, decides nothing')) ? 'shown' : 'nothing'
  }
}

/** The same with an agent's pull request. */
function inReview(act: (world: LineWorld, by: string, pull: number) => Promise<unknown>, counted: string): Act {
  let pull = 0
  return inCode(
    (world, by) => act(world, by, pull),
    counted,
    async (world, issue) => {
      pull = await world.propose({ issue, by: 'github-actions[bot]' })
    },
  )
}

const proposeFromFork = (world: LineWorld, by: string, issue: number) => world.propose({ issue, by, fromFork: true })

async function keyOf(world: LineWorld, issue: number): Promise<string> {
  return (await world.detail(issue))?.stages[1]?.attempts[0]?.key ?? ''
}

async function approveAndDismiss({ github, repository }: LineWorld, by: string, pull: number): Promise<void> {
  await github.dismissReview(repository, pull, await github.review(repository, pull, 'approve', { by }), by)
}

const REVIEWED = `${RUNNING}, review`

export const FACTS: Readonly<Record<string, Act>> = {
  'puts the start label on an issue: the line starts': async ({ github, repository, settle, stages }, by) => {
    const issue = await github.openIssue(repository, { title: 'Retry', by })
    await github.label(repository, issue, 'andon', by)
    await settle()
    return (await stages(issue)).startsWith('plan queued') ? 'counts' : 'nothing'
  },
  'comments `/andon cancel code`: the agent is cancelled': inCode(
    ({ github, repository }, by, issue) => github.comment(repository, issue, '/andon cancel code', by),
    'plan done, code cancelled',
  ),
  'comments `/andon hold`: nothing starts': inCode(
    ({ github, repository }, by, issue) => github.comment(repository, issue, '/andon hold wait', by),
    'held',
  ),
  'edits a comment so that it holds a command': inCode(async ({ github, repository }, by, issue) => {
    const id = await github.comment(repository, issue, 'Nice', by)
    const comment = { ...github.comments(repository, issue).find((one) => one.id === id), body: '/andon cancel code' }
    const about = { issue: github.issue(repository, issue), changes: { body: { from: 'Nice' } } }
    github.deliver('issue_comment', { action: 'edited', comment, ...about }, repository, by)
  }, null),
  'comments with a marker like Andon’s own': inCode(
    ({ github, repository }, by, issue) =>
      github.comment(repository, issue, '<!-- andon:v1 comment/code -->\nDone', by),
    null,
  ),
  'opens a pull request from a fork that closes the issue: review begins': inCode(
    proposeFromFork,
    `${REVIEWED} review`,
  ),
  'opens a pull request from a branch of the repository: review begins': inCode(
    (world, by, issue) => world.propose({ issue, by }),
    `${REVIEWED} review`,
  ),
  'closes its own pull request from a fork: the line is called off': inCode(async (world, by, issue) => {
    await world.github.closePullRequest(world.repository, await proposeFromFork(world, by, issue), by)
  }, `${REVIEWED} cancelled`),
  'edits a pull request from a fork to close the issue: review begins': inCode(async (world, by, issue) => {
    const { github, repository } = world
    const branch = `edited-${issue}`
    await github.createBranch(repository, branch)
    const number = await github.openPullRequest(repository, { branch, title: 'Retry', by, fromFork: true })
    await github.editPullRequest(repository, number, { body: `Closes #${issue}` }, by)
  }, `${REVIEWED} review`),
  'opens a pull request from a fork’s branch named like an agent’s': inCode(async (world, by, issue) => {
    const { github, repository } = world
    const branch = `claude/issue-${issue}-mine`
    await github.createBranch(repository, branch)
    await github.openPullRequest(repository, { branch, title: 'Retry', by, fromFork: true })
  }, null),
  'approves an agent’s pull request: review is done': inReview(
    ({ github, repository }, by, pull) => github.review(repository, pull, 'approve', { by }),
    `${REVIEWED} done`,
  ),
  'requests changes on an agent’s pull request: review goes back': inReview(
    ({ github, repository }, by, pull) => github.review(repository, pull, 'request changes', { by }),
    `${REVIEWED} idle`,
  ),
  'has a review of its own dismissed: the approval is taken back': async (world, by) => {
    const { issue } = await world.openIssueInCode()
    const pull = await world.propose({ issue, by: 'github-actions[bot]' })
    await world.settle()
    const id = await world.github.review(world.repository, pull, 'approve', { by })
    await world.settle()
    const approved = (await world.stages(issue)) === `${REVIEWED} done`
    await world.github.dismissReview(world.repository, pull, id, by)
    await approveAndDismiss(world, by, pull)
    await world.settle()
    if ((await world.stages(issue)) !== `${REVIEWED} review`) throw new Error('a dismissed approval stands')
    return approved ? 'counts' : 'nothing'
  },
  'opens an issue titled with a live key that begins the stage’s workflow': inCode(async (world, by, issue) => {
    const title = `andon ${await keyOf(world, issue)}`
    await world.github.openIssue(world.repository, { title, by })
    const run = await world.github.startRun(world.repository, 'code.yml', { title, event: 'issues', by })
    run.start()
    run.fail()
  }, null),
  'begins the stage’s workflow in a fork, with the key and the agent’s branch': inCode(async (world, by, issue) => {
    const { github, repository } = world
    const title = `andon ${await keyOf(world, issue)}`
    const branch = `claude/issue-${issue}-mine`
    await github.createBranch(repository, branch)
    const run = await github.startRun(repository, 'code.yml', {
      title,
      branch,
      event: 'workflow_dispatch',
      by,
      fork: by,
    })
    run.start()
    run.fail()
  }, null),
  'edits the issue’s title to a live key': inCode(async (world, by, issue) => {
    await world.github.editIssue(world.repository, issue, { title: `andon ${await keyOf(world, issue)}` }, by)
  }, null),
  'assigns the issue, or is assigned': inCode(async ({ github, repository }, by, issue) => {
    github.deliver(
      'issues',
      { action: 'assigned', issue: github.issue(repository, issue), assignee: { login: by } },
      repository,
      by,
    )
  }, null),
  'takes the start label off': inCode(
    ({ github, repository }, by, issue) => github.unlabel(repository, issue, 'andon', by),
    null,
  ),
}
