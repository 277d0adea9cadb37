// Lists are paged; a `link` header names the next page.

export function pageOf<T>(all: readonly T[], query: URLSearchParams): readonly T[] {
  const { page, perPage } = placeIn(query)
  return all.slice((page - 1) * perPage, page * perPage)
}

export function linkToNextPage(all: readonly unknown[], query: URLSearchParams, url: string): Record<string, string> {
  const { page, perPage } = placeIn(query)
  return page * perPage < all.length ? { link: `<${url}?per_page=${perPage}&page=${page + 1}>; rel="next"` } : {}
}

function placeIn(query: URLSearchParams): { readonly page: number; readonly perPage: number } {
  return { page: Number(query.get('page') ?? 1), perPage: Math.min(100, Number(query.get('per_page') ?? 30)) }
}
