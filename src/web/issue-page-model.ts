// The page of one issue, in the fragments that the stream replaces.
import { boardRowViewOf, healthOf } from '../render/board-row.ts'
import { issueControlsOf } from '../render/controls.ts'
import { evidenceViewOf } from '../render/evidence.ts'
import { lampOf } from '../render/lamp.ts'
import { outlookViewOf } from '../render/outlook.ts'
import { pipelineDetailOf, pullRequestLinksOf, surfaceLinksOf } from '../render/pipeline-detail.ts'
import { timeSpentOf } from '../render/time-spent.ts'
import { timelineViewOf } from '../render/timeline.ts'
import { accessFragment, MAX_SUMMARY_PROBLEMS, pressFragment, problemsFragment } from './notice-fragments.ts'
import type { PageModel } from './page-model.ts'
import type { IssuePage, OwnPart } from './reader.ts'
import type { Views } from './views.ts'

export function buildIssuePageModel(
  views: Views,
  { shown, history, published, isWholeHistory, asOf, configurationNotices, accessNotices }: IssuePage,
  { mayPress, press }: OwnPart,
): PageModel {
  const { pipeline } = shown
  const row = boardRowViewOf(shown, asOf)
  const detail = pipelineDetailOf(shown, history, asOf)
  const controls = mayPress ? issueControlsOf(pipeline) : null
  const atWork = healthOf(shown, asOf)
  const spent = timeSpentOf(pipeline, history, asOf, atWork)
  const proofOf = (evidence: (typeof detail)['evidence']) => evidenceViewOf(evidence, pipeline.issue.url)
  const outlook = outlookViewOf(shown, asOf)
  return {
    asOf,
    fragments: [
      accessFragment(views, accessNotices),
      pressFragment(views, press),
      problemsFragment(views, configurationNotices, MAX_SUMMARY_PROBLEMS),
      {
        id: 'summary',
        html: views.render('issue-summary', {
          ...{ ...row, outlook, proof: proofOf(row.row.evidence) },
          pullRequests: pullRequestLinksOf(pipeline),
          omittedPullRequests: pipeline.omittedPullRequests?.length ?? 0,
          isResumable: controls?.mayResume === true,
        }),
      },
      { id: 'time', html: views.render('time', { spent }) },
      ...detail.stages.map((stage, index) => {
        const id = `stage-${index}`
        const lamp = lampOf(stage.status, stage.health)
        const own = { stage, lamp, time: spent.stages[index], proof: proofOf(stage.evidence) }
        const links = surfaceLinksOf(pipeline, stage.name, published)
        return { id, html: views.render('stage', { id, ...own, links, controls: controls?.stages[stage.name] ?? [] }) }
      }),
      {
        id: 'history',
        html: views.render('timeline', { items: timelineViewOf(pipeline, history, atWork), isWholeHistory }),
      },
    ],
    lists: [],
  }
}
