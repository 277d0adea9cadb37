import type { CheckRunRequestedActionEvent } from '@octokit/webhooks-types'
import { z } from 'zod'
import type { Event } from '../pipeline/model/events.ts'
import {
  type Account,
  account,
  type DeliveryReceipt,
  evidenceOf,
  id,
  type RepositoryPayload,
  readPayload,
  repositoryPayload,
  repositoryRefOf,
} from './fields.ts'

type CheckRunPayload = RepositoryPayload & {
  check_run: Pick<CheckRunRequestedActionEvent['check_run'], 'id'> & { external_id: string }
  requested_action: { identifier: string } | null
  sender: Account
}

const schema: z.ZodType<CheckRunPayload> = repositoryPayload.extend({
  check_run: z.object({
    id,
    external_id: z
      .string()
      .nullish()
      .transform((externalId) => externalId ?? ''),
  }),
  requested_action: z
    .object({ identifier: z.string() })
    .nullish()
    .transform((action) => action ?? null),
  sender: account,
})

/** A button of our check run, or GitHub's own re-run button on it; null for other Apps' check runs and unknown buttons. */
export function translateCheckRun(action: string, payload: unknown, receipt: DeliveryReceipt): Event | null {
  const port = readPayload(schema, payload)
  const ours = EXTERNAL_ID.exec(port.check_run.external_id)?.groups
  const isRerun = action === 'rerequested'
  const verb = isRerun ? 'retry' : BUTTONS.find((button) => button === port.requested_action?.identifier)
  if (ours?.pipeline === undefined || ours.stage === undefined || ours.sha === undefined || !verb) return null
  // The payload has no time for the click.
  const at = receipt.receivedAt
  return {
    type: 'button.clicked',
    at,
    evidence: evidenceOf(receipt, at),
    repository: repositoryRefOf(port),
    pipelineId: Number(ours.pipeline),
    origin: { kind: 'check', id: port.check_run.id, guid: receipt.guid, stage: ours.stage, sha: ours.sha },
    verb,
    isRerun,
    sender: port.sender.login,
    bot: port.sender.type === 'Bot',
  }
}

const BUTTONS = ['approve', 'retry', 'hold', 'resume'] as const
const EXTERNAL_ID = /^(?<pipeline>[1-9]\d{0,14})\/(?<stage>[a-z][a-z0-9-]{0,19})\/(?<sha>[0-9a-f]{40}|[0-9a-f]{64})$/
