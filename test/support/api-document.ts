// What a server answers, held against the document that describes it: no path, status or field that it does not name.
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'
import { openApiDocument } from '../../src/web/openapi.ts'

type Content = Readonly<Record<string, { readonly schema: object }>>
type Operation = { readonly responses: Readonly<Record<string, { readonly content?: Content }>> }

export const API_DOCUMENT = JSON.parse(openApiDocument()) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
ajv.addSchema(API_DOCUMENT, 'document')

/** A status of an operation: `GET /api/pipelines 200`. */
export type DocumentedAnswer = string

/** Every answer that the document names. */
export function documentedAnswers(): readonly DocumentedAnswer[] {
  return Object.entries(API_DOCUMENT.paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
    ),
  )
}

/** Expects that the document names this answer, and all that is in it; resolves to its name there. */
export function expectDocumented(
  asked: { method: string; path: string },
  answer: { status: number; type: string | null; text: string },
): DocumentedAnswer {
  const path = Object.keys(API_DOCUMENT.paths).find((template) => patternOf(template).test(asked.path)) ?? ''
  const name = `${asked.method} ${path || asked.path} ${answer.status}`
  const content = API_DOCUMENT.paths[path]?.[asked.method.toLowerCase()]?.responses[answer.status]
  expect(content, `the document names ${name}`).toBeDefined()
  const type = answer.text === '' ? undefined : answer.type?.split(';')[0]
  if (content?.content === undefined) expect(answer.text, `${name} has no body`).toBe('')
  else if (type !== undefined) expect(Object.keys(content.content), `the type of ${name}`).toContain(type)
  if (type === 'application/json') expectValid(name, content?.content?.[type]?.schema ?? {}, JSON.parse(answer.text))
  return name
}

/** Asks a server for something in the document; `name` is the name of its answer there. */
export async function askDocumented(
  url: string,
  path: string,
  init: RequestInit = {},
): Promise<{ name: DocumentedAnswer; headers: Headers }> {
  const leaving = new AbortController()
  const answer = await fetch(url + path, { ...init, signal: leaving.signal })
  const type = answer.headers.get('content-type')
  // A stream does not end.
  const text = type?.startsWith('text/event-stream') ? '' : await answer.text()
  leaving.abort()
  const asked = { method: init.method ?? 'GET', path: path.replace(/\?.*/, '') }
  return { name: expectDocumented(asked, { status: answer.status, type, text }), headers: answer.headers }
}

function expectValid(name: string, schema: object, body: unknown): void {
  const reference = '$ref' in schema ? `document${String(schema.$ref)}` : null
  const isValid = reference === null ? ajv.compile(schema) : ajv.getSchema(reference)
  const errors = isValid?.(body) === true ? [] : isValid?.errors
  expect(errors, `${name}: ${JSON.stringify(body).slice(0, 500)}`).toEqual([])
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`)
}
