/**
 * Reads what GraphiQL's docs show of a type.
 *
 *   node docs.mjs URL TOKEN TYPE
 *
 * TOKEN may be empty, for nobody. Prints one JSON object: links (what the type's page names), problem (what the page says is wrong
 * with the schema, if anything), consoleErrors. Exits 0, or 1 where the docs don't come up, or 2 on wrong use.
 */
import { launch, watch } from './browser.mjs'

const [url, token, type] = process.argv.slice(2)
if (!type) {
  console.error('Use: node docs.mjs URL TOKEN TYPE')
  process.exit(2)
}

const browser = await launch()
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.setDefaultTimeout(30_000)
  const { consoleErrors } = watch(page)
  await page.goto(token ? `${url}#token=${encodeURIComponent(token)}` : url)
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
  const content = page.locator('.graphiql-doc-explorer-content')
  await content.locator('a', { hasText: type }).first().click()
  await page.locator('.graphiql-doc-explorer-title', { hasText: type }).waitFor()
  const links = await content.locator('a').allInnerTexts()
  const problems = await page.locator('.graphiql-doc-explorer-error').allInnerTexts()
  console.log(JSON.stringify({ links, problem: problems[0] ?? null, consoleErrors }, null, 2))
} finally {
  await browser.close()
}
