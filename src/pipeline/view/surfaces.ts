// What must be true on GitHub now: which comments and check runs a pipeline is shown by. Rendering is not done here.
import type { StageName } from '../../line/line.ts'
import { issueOfBranch } from '../facts/correlate.ts'
import { currentPullRequest } from '../facts/current-pull-request.ts'
import type { RunFact } from '../model/facts.ts'
import type { Pipeline, Stage } from '../model/pipeline.ts'
import { startAuthorization } from '../stages/start-requests.ts'
import { headlineOf } from './light.ts'

/** A place on GitHub where one stage is shown. */
export type Surface = {
  /** `comment/plan`, `check/plan/<sha>`. */
  readonly key: string
  readonly kind: 'comment' | 'check'
  readonly stage: StageName
  readonly sha: string | null
  readonly shaOrigin: 'pull_request' | 'work_branch' | 'default_branch' | null
}

/** Every surface the pipeline is shown on; none once its issue is gone. */
export function surfacesOf(pipeline: Pipeline): readonly Surface[] {
  if (pipeline.removed !== null || isUnauthorizedStart(pipeline)) return []
  return [...commentSurfaces(pipeline), ...checkSurfaces(pipeline)]
}

/** Anybody may write a comment: nothing is published for one until somebody who may write has asked for the start. */
function isUnauthorizedStart(pipeline: Pipeline): boolean {
  const { state } = startAuthorization(pipeline)
  const isBare = pipeline.pullRequests.length === 0 && pipeline.stages.every(({ attempts }) => attempts.length === 0)
  return pipeline.start.by === 'command' && state !== 'granted' && isBare
}

/** Has this stage anything to tell? */
function hasContent(stage: Stage): boolean {
  return stage.status !== 'idle' || stage.since !== null || stage.attempts.length > 0
}

function commentSurfaces(pipeline: Pipeline): readonly Surface[] {
  const { comments } = pipeline.line
  if (comments === 'off') return []
  const comment = { kind: 'comment', sha: null, shaOrigin: null } as const
  if (comments === 'one') return [{ ...comment, key: 'comment/line', stage: headlineOf(pipeline).stage }]
  return pipeline.stages.filter(hasContent).map(({ name }) => ({ ...comment, key: `comment/${name}`, stage: name }))
}

/** On the pull request's head; before there is one, on the work branch's; before that, where the stage began. */
function checkSurfaces(pipeline: Pipeline): readonly Surface[] {
  return pipeline.stages.filter(hasContent).flatMap((stage) => {
    const place = sharedTarget(pipeline) ?? stageTarget(pipeline, stage)
    if (place === null) return []
    return [{ key: `check/${stage.name}/${place.sha}`, kind: 'check', stage: stage.name, ...place }]
  })
}

type CheckTarget = Pick<Surface, 'shaOrigin'> & { readonly sha: string }

function sharedTarget(pipeline: Pipeline): CheckTarget | null {
  const pullRequest = currentPullRequest(pipeline)
  if (pullRequest !== null) return { sha: pullRequest.headSha, shaOrigin: 'pull_request' }
  const runs = pipeline.stages.flatMap(runsOf).filter(({ branch }) => branch !== null && issueOfBranch(branch) !== null)
  const newest = runs.toSorted((a, b) => a.id - b.id).at(-1)
  return newest === undefined ? null : { sha: newest.headSha, shaOrigin: 'work_branch' }
}

function stageTarget(pipeline: Pipeline, stage: Stage): CheckTarget | null {
  if (pipeline.line.checksBeforePullRequest === 'off') return null
  const sha = runsOf(stage)[0]?.headSha ?? pipeline.baseSha
  return sha === null ? null : { sha, shaOrigin: 'default_branch' }
}

function runsOf({ attempts }: Stage): readonly RunFact[] {
  return attempts.flatMap(({ run }) => (run === null ? [] : [run]))
}
