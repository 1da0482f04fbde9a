// Package render shows explanations: [Text] for terminals, [JSON] for tools, and
// [HTML] as a page of its own.
//
// Identifiers and values come from whoever wrote the policies and asked: none of
// them can move a cursor or become markup.
package render
