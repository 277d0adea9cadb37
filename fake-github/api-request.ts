import type { Identity } from './identity.ts'

export type ApiResponse = {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type ApiRequest = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
  /** The same, when a form was sent. */
  readonly form: URLSearchParams
  readonly identity: Identity
  readonly apiVersion: string | undefined
}
