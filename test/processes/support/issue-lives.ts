// Issues that live through plan, code and review at GitHub while Andon dies and comes back: agents that work, people who
// review, merge, close and edit. What GitHub then knows says what Andon must show.
import type { SeededRandom } from '../../../fake-github/random.ts'
import type { Run } from '../../../fake-github/runs.ts'
import type { FakeGitHub } from '../../support/fake-github.ts'

/** Their line. */
export const LIVES_ANDON_YML = `start: { label: andon }
stages:
  plan: { workflow: plan.yml, timeout: 6h, limit: 72h, attempts: 1 }
  code: { workflow: code.yml, timeout: 6h, limit: 72h, attempts: 1 }
  review: { pull_request: true }
limits: { running: 100, starts_per_day: 10000 }
breaker: off
`

/** Where a life stops. */
export type LifeEnd = 'merged' | 'review' | 'failed' | 'running' | 'not planned'

const EVERY_END: readonly LifeEnd[] = ['merged', 'review', 'failed', 'running', 'not planned']
/** Within the claims and pauses of a worker on a fast clock. */
const LONGEST_STEP_MS = 400

export type IssueLives = {
  readonly numbers: readonly number[]
  begin(): Promise<void>
  /** Somebody edits the title of one of them. */
  edit(): Promise<void>
  /** Resolves when nothing that was begun goes on by itself at GitHub. */
  settled(): Promise<void>
}

export function openIssueLives({
  github,
  repository,
  chance,
  ends = EVERY_END,
}: {
  readonly github: FakeGitHub
  readonly repository: string
  readonly chance: SeededRandom
  /** In turn. */
  readonly ends?: readonly LifeEnd[]
}): IssueLives {
  const numbers: number[] = []
  const playing = new Set<Promise<void>>()
  let edits = 0

  const pause = () => new Promise((resolve) => setTimeout(resolve, chance.integer(LONGEST_STEP_MS)))
  const endOf = (issue: number) => ends[numbers.indexOf(issue) % ends.length] ?? 'merged'

  github.onDispatch((run) => {
    const played = play(run).finally(() => playing.delete(played))
    playing.add(played)
  })

  async function play(run: Run): Promise<void> {
    const [, issue, stage] = /^andon (\d+)\/(\w+)\//.exec(run.state.title) ?? []
    const [number, end] = [Number(issue), endOf(Number(issue))]
    await pause()
    run.start()
    const job = run.job('agent')
    job.start()
    await pause()
    if (stage === 'code' && end === 'running') return
    if (stage === 'code' && end === 'failed') return run.fail()
    job.succeed()
    run.succeed()
    await pause()
    if (stage === 'plan' && end === 'not planned') return await github.closeIssue(repository, number, 'not_planned')
    if (stage === 'code') await review(number, end)
  }

  async function review(number: number, end: LifeEnd): Promise<void> {
    const branch = `work-${number}`
    await github.createBranch(repository, branch)
    const pull = await github.openPullRequest(repository, { branch, title: 'Retry', body: `Closes #${number}` })
    await pause()
    await github.push(repository, branch)
    if (end !== 'merged') return
    await github.review(repository, pull, 'approve')
    await pause()
    await github.merge(repository, pull)
  }

  return {
    numbers,
    async begin() {
      numbers.push(await github.openIssue(repository, { title: `Issue ${numbers.length}`, labels: ['andon'] }))
    },
    async edit() {
      edits += 1
      await github.editIssue(repository, chance.pick(numbers), { title: `Edited ${edits} times` })
    },
    async settled() {
      while (playing.size > 0) await Promise.all(playing)
      await github.whenIdle()
    },
  }
}
