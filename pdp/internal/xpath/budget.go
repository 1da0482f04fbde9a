package xpath

import "fmt"

// DefaultSteps is the budget of an evaluation that is given none.
const DefaultSteps = 1_000_000

// stepBytes is how many bytes of text are worked through for one step.
const stepBytes = 16

// Budget bounds the work of evaluations: each node that is visited, each
// operation, and each 16 bytes of text that are worked through take one step.
// It therefore bounds the memory, too. One budget may serve several
// evaluations, one after the other.
type Budget struct{ steps, left int }

// NewBudget makes a budget of so many steps.
func NewBudget(steps int) *Budget { return &Budget{steps: steps, left: steps} }

// Left is the number of steps that are left.
func (b *Budget) Left() int { return b.left }

// spend takes n steps, or what is left and fails.
func (b *Budget) spend(n int) error {
	if n > b.left {
		b.left = 0
		return &BudgetError{Steps: b.steps}
	}
	b.left -= n
	return nil
}

// spendText takes a step, and those for working through the texts.
func (b *Budget) spendText(texts ...string) error {
	n := 1
	for _, text := range texts {
		n += len(text) / stepBytes
	}
	return b.spend(n)
}

// BudgetError says that an evaluation took more steps than its budget had.
type BudgetError struct{ Steps int }

// Error is the message.
func (e *BudgetError) Error() string {
	return fmt.Sprintf("the expression takes more than %d steps", e.Steps)
}
