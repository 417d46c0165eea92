package office

import (
	"testing"

	"nghitruong/council"
)

func TestHallName(t *testing.T) {
	hall := []council.Role{council.RoleHall}
	people := []council.Person{
		{ID: "a", Name: "Điểm cầu Đông Cuông", Label: "Đông Cuông", Roles: hall},
		{ID: "b", Name: "Điểm cầu Mậu A", Roles: hall},
		{ID: "c", Name: "Đại biểu số 07", Roles: []council.Role{council.RoleDeputy}},
		{ID: "", Name: "không có mã", Roles: hall},
	}
	for _, tt := range []struct{ hall, want string }{
		{"a", "Đông Cuông"},
		{"b", "Điểm cầu Mậu A"},
		{"c", ""},
		{"x", ""},
		{"", ""},
	} {
		if got := hallName(people, tt.hall); got != tt.want {
			t.Errorf("hall %q: %q, want %q", tt.hall, got, tt.want)
		}
	}
}
