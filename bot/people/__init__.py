"""Who answers: enrolled, on duty, signed in."""
