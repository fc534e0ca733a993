"""What the user can do: the actions behind menus, buttons and keys, grouped by area."""
