// Pipelines as the store keeps them, written by hand: publishing depends on nothing else.
import { OBSERVE_ONLY_LINE } from '../../src/line/line.ts'
import type { PullRequestFact, RunFact } from '../../src/pipeline/model/facts.ts'
import type { Pipeline, Stage } from '../../src/pipeline/model/pipeline.ts'
import type { Evidence } from '../../src/pipeline/model/time.ts'

export const EVIDENCE: Evidence = {
  kind: 'delivery',
  id: '7f3a1c52-0000-4000-8000-000000000042',
  at: '2026-11-21T14:01:58.000Z',
}

/** Issue #42 of acme/widgets, begun by its label, with no stage started; stages by name override. */
export function pipelineOf(stages: Record<string, Partial<Stage>>, over: Partial<Pipeline> = {}): Pipeline {
  return {
    repositoryId: 1,
    issue: {
      number: 42,
      title: 'Retry on flaky upload',
      url: 'https://github.com/acme/widgets/issues/42',
      author: 'alice',
      assignees: [],
      state: 'open',
      stateReason: null,
      closedAt: null,
      updatedAt: '2026-11-21T13:59:00.000Z',
      evidence: EVIDENCE,
    },
    start: { by: 'label', actor: 'alice', at: '2026-11-21T14:00:00.000Z', evidence: EVIDENCE },
    line: OBSERVE_ONLY_LINE,
    stages: OBSERVE_ONLY_LINE.stages.map(({ name }) => ({ ...idleStage(name), ...stages[name] })),
    pullRequests: [],
    baseSha: 'ba5e000000000000000000000000000000000000',
    removed: null,
    ...over,
  }
}

export function runOf(id: number, over: Partial<RunFact> = {}): RunFact {
  return {
    id,
    runAttempt: 1,
    workflow: 'code.yml',
    title: 'Work on issue 42',
    status: 'in_progress',
    conclusion: null,
    event: 'workflow_dispatch',
    actor: 'andon[bot]',
    branch: 'main',
    headSha: 'ba5e000000000000000000000000000000000000',
    url: `https://github.com/acme/widgets/actions/runs/${id}`,
    startedAt: '2026-11-21T14:02:00.000Z',
    updatedAt: '2026-11-21T14:02:31.000Z',
    jobs: [],
    evidence: EVIDENCE,
    ...over,
  }
}

export function pullRequestOf(number: number, over: Partial<PullRequestFact> = {}): PullRequestFact {
  return {
    number,
    title: 'Retry the upload',
    url: `https://github.com/acme/widgets/pull/${number}`,
    author: 'octo-agent[bot]',
    bot: true,
    authorPermission: null,
    state: 'open',
    draft: false,
    branch: 'claude/issue-42-retry',
    headSha: 'c0de000000000000000000000000000000000000',
    snapshots: [],
    replacedShas: [],
    closingIssues: [42],
    closingIssuesAt: '2026-11-21T14:10:00.000Z',
    reviews: [],
    writePermissions: {},
    updatedAt: '2026-11-21T14:10:00.000Z',
    evidence: EVIDENCE,
    ...over,
  }
}

function idleStage(name: string): Stage {
  return { name, status: 'idle', reason: null, since: null, evidence: null, attempts: [] }
}
