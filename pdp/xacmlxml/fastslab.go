package xacmlxml

// slab keeps what is read in few large slices, to spare the allocator and the
// collector many small ones. Elements are added one by one; from time to time
// those that were added since make a list.
type slab[T any] struct {
	items []T
	from  int // where the list in the making begins
	total int // elements so far
}

// add adds an element, which is zero, and may be used until the next is added.
// done tells how much of the document was read: the rest of it is expected to need
// as much room.
func (s *slab[T]) add(done progress) *T {
	if len(s.items) == cap(s.items) {
		list := s.items[s.from:]
		room := max(done.expect(s.total), len(list)/2) // a long list is not copied often
		s.items = append(make([]T, 0, len(list)+room), list...)
		s.from = 0
	}
	s.total++
	s.items = s.items[:len(s.items)+1]
	return &s.items[len(s.items)-1]
}

// one adds an element that is no part of a list.
func (s *slab[T]) one(done progress) *T {
	v := s.add(done)
	s.from = len(s.items)
	return v
}

// list gives the elements since the last list, nil if there are none.
func (s *slab[T]) list() []T {
	list := s.items[s.from:len(s.items):len(s.items)]
	if len(list) == 0 {
		return nil
	}
	s.from = len(s.items)
	return list
}

// progress is how many bytes of a document were read, and are still to be read.
type progress struct{ done, left int }

// expect is how many things may come if n came so far.
func (p progress) expect(n int) int {
	const least, most = 4, 512
	return max(least, min(most, n*p.left/p.done+1))
}
