// What must be true on GitHub now: which comments and check runs a pipeline is shown by. Rendering is not done here.
import type { StageName } from '../../line/line.ts'
import { issueOfBranch } from '../facts/correlate.ts'
import { pullRequestOf } from '../facts/current-pull-request.ts'
import type { RunFact } from '../model/facts.ts'
import type { Pipeline, Stage } from '../model/pipeline.ts'
import { leaveToStart } from '../stages/start-requests.ts'
import { light } from './light.ts'

/** A place on GitHub where one stage is shown. */
export type Surface = {
  /** `comment/plan`, `check/plan/<sha>`. */
  readonly key: string
  readonly kind: 'comment' | 'check'
  readonly stage: StageName
  readonly sha: string | null
  readonly where: 'pull_request' | 'work_branch' | 'default_branch' | null
}

/** Every surface the pipeline is shown on; none once its issue is gone. */
export function surfaces(pipeline: Pipeline): readonly Surface[] {
  if (pipeline.gone !== null || isAskedForByAnybody(pipeline)) return []
  return [...comments(pipeline), ...checks(pipeline)]
}

/** Anybody may write a comment: nothing is published for one until somebody who may write has asked for the start. */
function isAskedForByAnybody(pipeline: Pipeline): boolean {
  const { is } = leaveToStart(pipeline)
  const isBare = pipeline.pullRequests.length === 0 && pipeline.stages.every(({ attempts }) => attempts.length === 0)
  return pipeline.begun.by === 'command' && is !== 'granted' && isBare
}

/** Has this stage anything to tell? */
export function matters(stage: Stage): boolean {
  return stage.status !== 'idle' || stage.since !== null || stage.attempts.length > 0
}

function comments(pipeline: Pipeline): readonly Surface[] {
  const { comments } = pipeline.line
  if (comments === 'off') return []
  const comment = { kind: 'comment', sha: null, where: null } as const
  if (comments === 'one') return [{ ...comment, key: 'comment/line', stage: light(pipeline).stage }]
  return pipeline.stages.filter(matters).map(({ name }) => ({ ...comment, key: `comment/${name}`, stage: name }))
}

/** On the pull request's head; before there is one, on the work branch's; before that, where the stage began. */
function checks(pipeline: Pipeline): readonly Surface[] {
  return pipeline.stages.filter(matters).flatMap((stage) => {
    const place = sharedPlace(pipeline) ?? ownPlace(pipeline, stage)
    if (place === null) return []
    return [{ key: `check/${stage.name}/${place.sha}`, kind: 'check', stage: stage.name, ...place }]
  })
}

type Place = Pick<Surface, 'where'> & { readonly sha: string }

function sharedPlace(pipeline: Pipeline): Place | null {
  const pullRequest = pullRequestOf(pipeline)
  if (pullRequest !== null) return { sha: pullRequest.headSha, where: 'pull_request' }
  const runs = pipeline.stages.flatMap(runsOf).filter(({ branch }) => branch !== null && issueOfBranch(branch) !== null)
  const newest = runs.toSorted((a, b) => a.id - b.id).at(-1)
  return newest === undefined ? null : { sha: newest.headSha, where: 'work_branch' }
}

function ownPlace(pipeline: Pipeline, stage: Stage): Place | null {
  if (pipeline.line.checksBeforePullRequest === 'off') return null
  const sha = runsOf(stage)[0]?.headSha ?? pipeline.baseSha
  return sha === null ? null : { sha, where: 'default_branch' }
}

function runsOf({ attempts }: Stage): readonly RunFact[] {
  return attempts.flatMap(({ run }) => (run === null ? [] : [run]))
}
