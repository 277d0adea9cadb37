// One delivery becomes one event, or none. This is a pure function of the payload, so that Probot's handlers and the replay
// of a failed delivery get the same result.
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import { translateCheckRun } from './check-run.ts'
import { type DeliveryReceipt, readPayload } from './fields.ts'
import { type HandledWebhook, hasActions, isHandledAction, isHandledWebhook } from './handled-webhooks.ts'
import { translateInstallation, translateInstallationRepositories } from './installation.ts'
import { type CommentCreated, translateIssueComment } from './issue-comment.ts'
import { translateIssues } from './issues.ts'
import { translatePullRequest } from './pull-request.ts'
import { translatePullRequestReview } from './pull-request-review.ts'
import { translatePush } from './push.ts'
import { translateRepository } from './repository.ts'
import { translateWorkflowJob } from './workflow-job.ts'
import { translateWorkflowRun } from './workflow-run.ts'

type Translator = (action: string, payload: unknown, receipt: DeliveryReceipt) => Event | CommentCreated | null

const TRANSLATORS: Readonly<Record<HandledWebhook, Translator>> = {
  issues: translateIssues,
  workflow_run: translateWorkflowRun,
  workflow_job: translateWorkflowJob,
  pull_request: translatePullRequest,
  pull_request_review: translatePullRequestReview,
  issue_comment: translateIssueComment,
  check_run: translateCheckRun,
  push: translatePush,
  repository: translateRepository,
  installation: translateInstallation,
  installation_repositories: translateInstallationRepositories,
}

const payloadWithAction = z.object({ action: z.string() })

/** Translates one delivery; null when it concerns no pipeline. Throws UntranslatablePayload, naming the field. */
export function translate(name: string, payload: unknown, receipt: DeliveryReceipt): Event | CommentCreated | null {
  if (!isHandledWebhook(name)) return null
  const action = hasActions(name) ? readPayload(payloadWithAction, payload).action : null
  return action === null || isHandledAction(name, action) ? TRANSLATORS[name](action ?? '', payload, receipt) : null
}
