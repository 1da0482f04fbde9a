package board

// Place is where a panel is, in 24ths of the width of the board and in lines.
type Place struct{ X, Y, Width, Height int }

// columns is the width of the board.
const columns = 24

// height of a panel by its kind.
func (p Panel) height() int {
	switch p.Kind {
	case Stat:
		return 4
	case Table:
		return 6
	case Lines, Areas, States:
		return 8
	}
	return 8
}

// Places lays the panels of a row out from left to right, beginning with a line. The
// panels of one line are as high as the highest of them. It gives the line after the
// last too.
func (r Row) Places(from int) (places []Place, next int) {
	places = make([]Place, len(r.Panels))
	x, first := 0, 0
	next = from
	for i, p := range r.Panels {
		if x+p.Width > columns {
			x, from, first = 0, next, i
		}
		places[i] = Place{x, from, p.Width, p.height()}
		x += p.Width
		next = max(next, from+p.height())
		for j := first; j <= i; j++ {
			places[j].Height = next - from
		}
	}
	return places, next
}
