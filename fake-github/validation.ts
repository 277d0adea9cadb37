// The writes that GitHub refuses.
import type { ApiRequest, ApiResponse } from './api-request.ts'

/** The refusal of a write; null if GitHub accepts it. */
export function whyInvalidWrite(
  request: ApiRequest,
  path: string,
  knowsCommit: (sha: string) => boolean,
): ApiResponse | null {
  if (request.method !== 'POST' && request.method !== 'PATCH') return null
  const body = (request.body ?? {}) as Record<string, unknown>
  if (/^issues\/(\d+\/comments|comments\/\d+)$/.test(path)) return validateComment(body)
  if (!/^check-runs(\/\d+)?$/.test(path)) return null
  return validateCheckRun(body) ?? validateCommit(body, knowsCommit)
}

const MAX_COMMENT_LENGTH = 65_536
const MAX_OUTPUT_LENGTH = 65_535
const MAX_ACTIONS = 3

function validateComment(body: Record<string, unknown>): ApiResponse | null {
  if ([...String(body.body ?? '')].length <= MAX_COMMENT_LENGTH) return null
  return validationFailed('IssueComment', 'body', `body is too long (maximum is ${MAX_COMMENT_LENGTH} characters)`)
}

function validateCheckRun(body: Record<string, unknown>): ApiResponse | null {
  const output = body.output as { title?: unknown; summary?: unknown; text?: unknown } | undefined
  if (output && (typeof output.title !== 'string' || typeof output.summary !== 'string')) {
    return validationFailed('CheckRun', 'output', 'output needs a title and a summary')
  }
  for (const field of ['summary', 'text'] as const) {
    if (String(output?.[field] ?? '').length > MAX_OUTPUT_LENGTH)
      return validationFailed('CheckRun', field, `${field} exceeds a maximum length of ${MAX_OUTPUT_LENGTH}`)
  }
  const actions = (body.actions ?? []) as readonly { label?: string; description?: string; identifier?: string }[]
  if (actions.length > MAX_ACTIONS)
    return validationFailed('CheckRun', 'actions', `no more than ${MAX_ACTIONS} actions`)
  const tooLong = actions.some(
    ({ label = '', description = '', identifier = '' }) =>
      label.length > 20 || description.length > 40 || identifier.length > 20,
  )
  return tooLong ? validationFailed('CheckRun', 'actions', 'an action has 20, 40 and 20 characters at most') : null
}

function validateCommit(body: Record<string, unknown>, knowsCommit: (sha: string) => boolean): ApiResponse | null {
  const sha = body.head_sha
  if (sha === undefined || (typeof sha === 'string' && knowsCommit(sha))) return null
  return { status: 422, body: { message: `No commit found for SHA: ${String(sha)}` } }
}

function validationFailed(resource: string, field: string, message: string): ApiResponse {
  return { status: 422, body: { message: 'Validation Failed', errors: [{ resource, field, code: 'custom', message }] } }
}
